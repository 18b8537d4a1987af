<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis labelsEnabled="0" styleCategories="Symbology|Labeling|Rendering" version="3.22.0">
 <renderer-v2 type="RuleRenderer" symbollevels="0">
  <rules key="root">
   {% for class in classes %}
   <rule label="{{ class.label }}" key="rule{{ loop.index0 }}" filter="&quot;minutes&quot; = {{ class.value }}" symbol="{{ loop.index0 }}" />
   {% endfor %}
  </rules>
  <symbols>
   {% for class in classes %}
   <symbol type="fill" name="{{ loop.index0 }}" alpha="1" clip_to_extent="1" force_rhr="0">
    <layer class="SimpleFill" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option type="QString" name="color" value="{{ class.colour|rgb }},255" />
      <Option type="QString" name="joinstyle" value="bevel" />
      <Option type="QString" name="outline_color" value="{{ class.colour|rgb }},255" />
      <Option type="QString" name="outline_style" value="no" />
      <Option type="QString" name="outline_width" value="0.2" />
      <Option type="QString" name="outline_width_unit" value="MM" />
      <Option type="QString" name="style" value="solid" />
     </Option>
    </layer>
   </symbol>
   {% endfor %}
  </symbols>
 </renderer-v2>
 <featureBlendMode>5</featureBlendMode>
 <layerOpacity>0.6</layerOpacity>
</qgis>
