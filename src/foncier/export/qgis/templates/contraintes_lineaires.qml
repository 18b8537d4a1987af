<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis labelsEnabled="1" styleCategories="Symbology|Labeling|Rendering" version="3.22.0">
 <renderer-v2 type="RuleRenderer" symbollevels="0">
  <rules key="root">
   <rule label="{{ line_excluding }}" key="rule0" filter="&quot;effect&quot; = 'exclude'" symbol="0" />
   <rule label="{{ line_flagging }}" key="rule1" filter="&quot;effect&quot; = 'flag'" symbol="1" />
   <rule label="{{ other }}" key="rule2" filter="ELSE" symbol="2" />
  </rules>
  <symbols>
   <symbol type="line" name="0" alpha="1" clip_to_extent="1" force_rhr="0">
    <layer class="SimpleLine" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option type="QString" name="capstyle" value="flat" />
      <Option type="QString" name="joinstyle" value="round" />
      <Option type="QString" name="line_color" value="90,60,110,255" />
      <Option type="QString" name="line_style" value="solid" />
      <Option type="QString" name="line_width" value="0.8" />
      <Option type="QString" name="line_width_unit" value="MM" />
     </Option>
    </layer>
   </symbol>
   <symbol type="line" name="1" alpha="1" clip_to_extent="1" force_rhr="0">
    <layer class="SimpleLine" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option type="QString" name="capstyle" value="flat" />
      <Option type="QString" name="joinstyle" value="round" />
      <Option type="QString" name="line_color" value="90,60,110,255" />
      <Option type="QString" name="line_style" value="dash" />
      <Option type="QString" name="line_width" value="0.5" />
      <Option type="QString" name="line_width_unit" value="MM" />
     </Option>
    </layer>
   </symbol>
   <symbol type="line" name="2" alpha="1" clip_to_extent="1" force_rhr="0">
    <layer class="SimpleLine" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option type="QString" name="capstyle" value="flat" />
      <Option type="QString" name="joinstyle" value="round" />
      <Option type="QString" name="line_color" value="120,120,120,255" />
      <Option type="QString" name="line_style" value="dot" />
      <Option type="QString" name="line_width" value="0.4" />
      <Option type="QString" name="line_width_unit" value="MM" />
     </Option>
    </layer>
   </symbol>
  </symbols>
 </renderer-v2>
 <labeling type="simple">
  <settings calloutType="simple">
   <text-style fieldName="label" fontFamily="Arial" fontItalic="1" fontSize="7" fontSizeUnit="Point" fontWeight="50" isExpression="0" namedStyle="" textColor="90,60,110,255" textOpacity="1">
    <text-buffer bufferColor="255,255,255,255" bufferDraw="1" bufferOpacity="0.9" bufferSize="0.8" bufferSizeUnits="MM" />
   </text-style>
   <text-format autoWrapLength="24" wrapChar="" />
   <placement centroidInside="1" centroidWhole="1" dist="1.5" distUnits="MM" placement="2" priority="3" />
   <rendering drawLabels="1" obstacle="0" scaleMax="15000" scaleMin="0" scaleVisibility="1" zIndex="0" />
  </settings>
 </labeling>
</qgis>
