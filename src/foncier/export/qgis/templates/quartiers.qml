<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis labelsEnabled="1" styleCategories="Symbology|Labeling|Rendering" version="3.22.0">
 <renderer-v2 type="RuleRenderer" symbollevels="0">
  <rules key="root">
   <rule label="{{ classes[0].label }}" key="rule0" filter="&quot;kind&quot; = 'toutes' and &quot;area_m2&quot; / 10000 &gt;= {{ classes[0].low }} and &quot;area_m2&quot; / 10000 &lt; {{ classes[0].high }}" symbol="0" />
   <rule label="{{ classes[1].label }}" key="rule1" filter="&quot;kind&quot; = 'toutes' and &quot;area_m2&quot; / 10000 &gt;= {{ classes[1].low }} and &quot;area_m2&quot; / 10000 &lt; {{ classes[1].high }}" symbol="1" />
   <rule label="{{ classes[2].label }}" key="rule2" filter="&quot;kind&quot; = 'toutes' and &quot;area_m2&quot; / 10000 &gt;= {{ classes[2].low }} and &quot;area_m2&quot; / 10000 &lt; {{ classes[2].high }}" symbol="2" />
   <rule label="{{ classes[3].label }}" key="rule3" filter="&quot;kind&quot; = 'toutes' and &quot;area_m2&quot; / 10000 &gt;= {{ classes[3].low }} and &quot;area_m2&quot; / 10000 &lt; {{ classes[3].high }}" symbol="3" />
   <rule label="{{ classes[4].label }}" key="rule4" filter="&quot;kind&quot; = 'toutes' and &quot;area_m2&quot; / 10000 &gt;= {{ classes[4].low }}" symbol="4" />
  </rules>
  <symbols>
   <symbol type="fill" name="0" alpha="1" clip_to_extent="1" force_rhr="0">
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
   <symbol type="fill" name="1" alpha="1" clip_to_extent="1" force_rhr="0">
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
   <symbol type="fill" name="4" alpha="1" clip_to_extent="1" force_rhr="0">
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
  </symbols>
 </renderer-v2>
 <labeling type="simple">
  <settings calloutType="simple">
   <text-style fieldName="if(&quot;kind&quot; = 'toutes', concat(coalesce(&quot;name&quot;, &quot;quarter_id&quot;), '\n', format_number(&quot;area_m2&quot; / 10000, 1, '{{ locale }}'), ' ha'), '')" fontFamily="Arial" fontSize="8" fontSizeUnit="Point" fontWeight="50" isExpression="1" namedStyle="" textColor="26,26,26,255" textOpacity="1">
    <text-buffer bufferColor="255,255,255,255" bufferDraw="1" bufferOpacity="0.9" bufferSize="0.8" bufferSizeUnits="MM" />
   </text-style>
   <text-format autoWrapLength="24" wrapChar="" />
   <placement centroidInside="1" centroidWhole="1" dist="1.5" distUnits="MM" placement="0" priority="7" />
   <rendering drawLabels="1" obstacle="1" scaleMax="50000" scaleMin="0" scaleVisibility="1" zIndex="0" />
  </settings>
 </labeling>
</qgis>
