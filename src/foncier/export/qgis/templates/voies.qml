<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis labelsEnabled="1" styleCategories="Symbology|Labeling|Rendering" version="3.22.0">
 <renderer-v2 type="singleSymbol" symbollevels="0">
  <symbols>
   <symbol type="line" name="0" alpha="1" clip_to_extent="1" force_rhr="0">
    <layer class="SimpleLine" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option type="QString" name="capstyle" value="round" />
      <Option type="QString" name="joinstyle" value="round" />
      <Option type="QString" name="line_color" value="184,184,184,255" />
      <Option type="QString" name="line_style" value="solid" />
      <Option type="QString" name="line_width" value="0.25" />
      <Option type="QString" name="line_width_unit" value="MM" />
     </Option>
    </layer>
   </symbol>
  </symbols>
 </renderer-v2>
 <labeling type="simple">
  <settings calloutType="simple">
   <text-style fieldName="&quot;name&quot;" fontFamily="Arial" fontSize="6" fontSizeUnit="Point" fontWeight="50" isExpression="1" namedStyle="" textColor="26,26,26,255" textOpacity="1">
    <text-buffer bufferColor="255,255,255,255" bufferDraw="1" bufferOpacity="0.9" bufferSize="0.8" bufferSizeUnits="MM" />
   </text-style>
   <text-format autoWrapLength="24" wrapChar="" />
   <placement centroidInside="1" centroidWhole="1" dist="1.5" distUnits="MM" placement="0" priority="7" />
   <rendering drawLabels="1" obstacle="1" scaleMax="4000" scaleMin="0" scaleVisibility="1" zIndex="0" />
  </settings>
 </labeling>
</qgis>
