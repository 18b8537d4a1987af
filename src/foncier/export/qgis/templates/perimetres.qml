<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis labelsEnabled="1" styleCategories="Symbology|Labeling|Rendering" version="3.22.0">
 <renderer-v2 type="RuleRenderer" symbollevels="0">
  <rules key="root">
   {% for class in classes %}
   <rule label="{{ class.label }}" key="rule{{ loop.index0 }}" filter="&quot;kind&quot; = '{{ class.value }}'" symbol="{{ loop.index0 }}" />
   {% endfor %}
  </rules>
  <symbols>
   {% for class in classes %}
   <symbol type="fill" name="{{ loop.index0 }}" alpha="1" clip_to_extent="1" force_rhr="0">
    <layer class="SimpleFill" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option type="QString" name="color" value="{{ class.colour|rgb }},30" />
      <Option type="QString" name="joinstyle" value="bevel" />
      <Option type="QString" name="outline_color" value="{{ class.colour|rgb }},255" />
      <Option type="QString" name="outline_style" value="dash dot" />
      <Option type="QString" name="outline_width" value="0.6" />
      <Option type="QString" name="outline_width_unit" value="MM" />
      <Option type="QString" name="style" value="solid" />
     </Option>
    </layer>
   </symbol>
   {% endfor %}
  </symbols>
 </renderer-v2>
 <labeling type="simple">
  <settings calloutType="simple">
   <text-style fieldName="name" fontFamily="Arial" fontSize="8" fontSizeUnit="Point" fontWeight="50" isExpression="0" namedStyle="" textColor="26,26,26,255" textOpacity="1">
    <text-buffer bufferColor="255,255,255,255" bufferDraw="1" bufferOpacity="0.9" bufferSize="0.8" bufferSizeUnits="MM" />
   </text-style>
   <text-format autoWrapLength="24" wrapChar="" />
   <placement centroidInside="1" centroidWhole="1" dist="1.5" distUnits="MM" placement="0" priority="3" />
   <rendering drawLabels="1" obstacle="1" scaleMax="50000" scaleMin="0" scaleVisibility="1" zIndex="0" />
  </settings>
 </labeling>
</qgis>
