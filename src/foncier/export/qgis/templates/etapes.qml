<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis labelsEnabled="1" styleCategories="Symbology|Labeling|Rendering" version="3.22.0">
 <renderer-v2 type="singleSymbol" symbollevels="0">
  <symbols>
   <symbol type="marker" name="0" alpha="1" clip_to_extent="1" force_rhr="0">
    <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option type="QString" name="color" value="255,255,255,255" />
      <Option type="QString" name="joinstyle" value="bevel" />
      <Option type="QString" name="name" value="diamond" />
      <Option type="QString" name="outline_color" value="26,26,26,255" />
      <Option type="QString" name="outline_style" value="solid" />
      <Option type="QString" name="outline_width" value="0.3" />
      <Option type="QString" name="outline_width_unit" value="MM" />
      <Option type="QString" name="size" value="3.2" />
      <Option type="QString" name="size_unit" value="MM" />
     </Option>
    </layer>
   </symbol>
  </symbols>
 </renderer-v2>
 <labeling type="simple">
  <settings calloutType="simple">
   <text-style fieldName="concat(&quot;order&quot;, '. ', &quot;name&quot;)" fontFamily="Arial" fontSize="8" fontSizeUnit="Point" fontWeight="50" isExpression="1" namedStyle="" textColor="26,26,26,255" textOpacity="1">
    <text-buffer bufferColor="255,255,255,255" bufferDraw="1" bufferOpacity="0.9" bufferSize="0.8" bufferSizeUnits="MM" />
   </text-style>
   <text-format autoWrapLength="24" wrapChar="" />
   <placement centroidInside="1" centroidWhole="1" dist="1.5" distUnits="MM" placement="0" priority="7" />
   <rendering drawLabels="1" obstacle="1" scaleMax="25000" scaleMin="0" scaleVisibility="1" zIndex="0" />
  </settings>
 </labeling>
</qgis>
