<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis labelsEnabled="1" styleCategories="Symbology|Labeling|Rendering" version="3.22.0">
 <renderer-v2 type="RuleRenderer" symbollevels="0">
  <rules key="root">
   <rule label="0{{ comma }}8 – 1{{ comma }}0" key="rule0" filter="&quot;score&quot; &gt;= 0.8 and &quot;score&quot; &lt;= 1.0" symbol="0" />
   <rule label="0{{ comma }}6 – 0{{ comma }}8" key="rule1" filter="&quot;score&quot; &gt;= 0.6 and &quot;score&quot; &lt; 0.8" symbol="1" />
   <rule label="0{{ comma }}4 – 0{{ comma }}6" key="rule2" filter="&quot;score&quot; &gt;= 0.4 and &quot;score&quot; &lt; 0.6" symbol="2" />
   <rule label="0{{ comma }}2 – 0{{ comma }}4" key="rule3" filter="&quot;score&quot; &gt;= 0.2 and &quot;score&quot; &lt; 0.4" symbol="3" />
   <rule label="0{{ comma }}0 – 0{{ comma }}2" key="rule4" filter="&quot;score&quot; &gt;= 0.0 and &quot;score&quot; &lt; 0.2" symbol="4" />
   <rule label="{{ unknown }}" key="rule5" filter="&quot;score&quot; is null" symbol="5" />
  </rules>
  <symbols>
   <symbol type="fill" name="0" alpha="1" clip_to_extent="1" force_rhr="0">
    <layer class="SimpleFill" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option type="QString" name="color" value="37,52,148,217" />
      <Option type="QString" name="joinstyle" value="bevel" />
      <Option type="QString" name="outline_color" value="77,77,77,255" />
      <Option type="QString" name="outline_style" value="solid" />
      <Option type="QString" name="outline_width" value="0.3" />
      <Option type="QString" name="outline_width_unit" value="MM" />
      <Option type="QString" name="style" value="solid" />
     </Option>
    </layer>
   </symbol>
   <symbol type="fill" name="1" alpha="1" clip_to_extent="1" force_rhr="0">
    <layer class="SimpleFill" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option type="QString" name="color" value="44,127,184,217" />
      <Option type="QString" name="joinstyle" value="bevel" />
      <Option type="QString" name="outline_color" value="77,77,77,255" />
      <Option type="QString" name="outline_style" value="solid" />
      <Option type="QString" name="outline_width" value="0.3" />
      <Option type="QString" name="outline_width_unit" value="MM" />
      <Option type="QString" name="style" value="solid" />
     </Option>
    </layer>
   </symbol>
   <symbol type="fill" name="2" alpha="1" clip_to_extent="1" force_rhr="0">
    <layer class="SimpleFill" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option type="QString" name="color" value="65,182,196,217" />
      <Option type="QString" name="joinstyle" value="bevel" />
      <Option type="QString" name="outline_color" value="77,77,77,255" />
      <Option type="QString" name="outline_style" value="solid" />
      <Option type="QString" name="outline_width" value="0.3" />
      <Option type="QString" name="outline_width_unit" value="MM" />
      <Option type="QString" name="style" value="solid" />
     </Option>
    </layer>
   </symbol>
   <symbol type="fill" name="3" alpha="1" clip_to_extent="1" force_rhr="0">
    <layer class="SimpleFill" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option type="QString" name="color" value="161,218,180,217" />
      <Option type="QString" name="joinstyle" value="bevel" />
      <Option type="QString" name="outline_color" value="77,77,77,255" />
      <Option type="QString" name="outline_style" value="solid" />
      <Option type="QString" name="outline_width" value="0.3" />
      <Option type="QString" name="outline_width_unit" value="MM" />
      <Option type="QString" name="style" value="solid" />
     </Option>
    </layer>
   </symbol>
   <symbol type="fill" name="4" alpha="1" clip_to_extent="1" force_rhr="0">
    <layer class="SimpleFill" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option type="QString" name="color" value="255,255,204,217" />
      <Option type="QString" name="joinstyle" value="bevel" />
      <Option type="QString" name="outline_color" value="77,77,77,255" />
      <Option type="QString" name="outline_style" value="solid" />
      <Option type="QString" name="outline_width" value="0.3" />
      <Option type="QString" name="outline_width_unit" value="MM" />
      <Option type="QString" name="style" value="solid" />
     </Option>
    </layer>
   </symbol>
   <symbol type="fill" name="5" alpha="1" clip_to_extent="1" force_rhr="0">
    <layer class="SimpleFill" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option type="QString" name="color" value="255,255,255,102" />
      <Option type="QString" name="joinstyle" value="bevel" />
      <Option type="QString" name="outline_color" value="158,158,158,255" />
      <Option type="QString" name="outline_style" value="solid" />
      <Option type="QString" name="outline_width" value="0.4" />
      <Option type="QString" name="outline_width_unit" value="MM" />
      <Option type="QString" name="style" value="solid" />
     </Option>
    </layer>
   </symbol>
  </symbols>
 </renderer-v2>
 <labeling type="simple">
  <settings calloutType="simple">
   <text-style fieldName="if(@map_scale &gt; 6000, coalesce(to_string(to_int(&quot;overall_rank&quot;)), '–'), concat(if(&quot;overall_rank&quot; is null, '', concat(to_int(&quot;overall_rank&quot;), '. ')), coalesce(&quot;name&quot;, &quot;opportunity_id&quot;)))" fontFamily="Arial" fontSize="8" fontSizeUnit="Point" fontWeight="75" isExpression="1" namedStyle="" textColor="26,26,26,255" textOpacity="1">
    <text-buffer bufferColor="255,255,255,255" bufferDraw="1" bufferOpacity="0.9" bufferSize="0.8" bufferSizeUnits="MM" />
   </text-style>
   <text-format autoWrapLength="24" wrapChar="" />
   <placement centroidInside="1" centroidWhole="1" dist="1.5" distUnits="MM" placement="0" priority="7" />
   <rendering drawLabels="1" obstacle="1" scaleMax="20000" scaleMin="0" scaleVisibility="1" zIndex="1" />
  </settings>
 </labeling>
</qgis>
