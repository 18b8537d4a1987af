<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis labelsEnabled="1" styleCategories="Symbology|Labeling|Rendering" version="3.22.0">
 <renderer-v2 type="RuleRenderer" enableorderby="1" symbollevels="0">
  <rules key="root">
   {% for class in classes %}
   <rule label="{{ class.label }}" key="rule{{ loop.index0 }}" filter="{{ class.filter }}" symbol="{{ loop.index0 }}" />
   {% endfor %}
  </rules>
  <symbols>
   {% for class in classes %}
   <symbol type="fill" name="{{ loop.index0 }}" alpha="1" clip_to_extent="1" force_rhr="0">
    {% set index = loop.index0 %}
    {% if class.shape is defined %}
    {% for angle in class.angles %}
    <layer class="LinePatternFill" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option type="QString" name="angle" value="{{ angle }}" />
      <Option type="QString" name="color" value="{{ class.colour|rgb }},255" />
      <Option type="QString" name="distance" value="1.8" />
      <Option type="QString" name="distance_unit" value="MM" />
      <Option type="QString" name="line_width" value="0.15" />
      <Option type="QString" name="line_width_unit" value="MM" />
     </Option>
     <symbol type="line" name="@{{ index }}@{{ loop.index0 }}" alpha="1" clip_to_extent="1" force_rhr="0">
      <layer class="SimpleLine" enabled="1" locked="0" pass="0">
       <Option type="Map">
        <Option type="QString" name="capstyle" value="square" />
        <Option type="QString" name="joinstyle" value="bevel" />
        <Option type="QString" name="line_color" value="{{ class.colour|rgb }},255" />
        <Option type="QString" name="line_style" value="solid" />
        <Option type="QString" name="line_width" value="0.15" />
        <Option type="QString" name="line_width_unit" value="MM" />
       </Option>
      </layer>
     </symbol>
    </layer>
    {% endfor %}
    <layer class="CentroidFill" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option type="QString" name="clip_on_current_part_only" value="0" />
      <Option type="QString" name="clip_points" value="0" />
      <Option type="QString" name="point_on_all_parts" value="0" />
      <Option type="QString" name="point_on_surface" value="1" />
     </Option>
     <data_defined_properties>
      <Option type="Map">
       <Option type="Map" name="properties">
        <Option type="Map" name="enabled">
         <Option type="bool" name="active" value="true" />
         <Option type="QString" name="expression" value="$area is null or 1000 * sqrt($area) / @map_scale &lt; 3.5" />
         <Option type="int" name="type" value="3" />
        </Option>
       </Option>
      </Option>
     </data_defined_properties>
     <symbol type="marker" name="@{{ index }}@{{ class.angles|length }}" alpha="1" clip_to_extent="1" force_rhr="0">
      <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
       <Option type="Map">
        <Option type="QString" name="color" value="255,255,255,255" />
        <Option type="QString" name="joinstyle" value="bevel" />
        <Option type="QString" name="name" value="{{ class.shape }}" />
        <Option type="QString" name="outline_color" value="{{ class.colour|rgb }},255" />
        <Option type="QString" name="outline_style" value="solid" />
        <Option type="QString" name="outline_width" value="0.25" />
        <Option type="QString" name="outline_width_unit" value="MM" />
        <Option type="QString" name="size" value="2.8" />
        <Option type="QString" name="size_unit" value="MM" />
       </Option>
       <data_defined_properties>
        <Option type="Map">
         <Option type="Map" name="properties">
          <Option type="Map" name="fillColor">
           <Option type="bool" name="active" value="true" />
           <Option type="QString" name="expression" value="{{ marked }}" />
           <Option type="int" name="type" value="3" />
          </Option>
         </Option>
        </Option>
       </data_defined_properties>
      </layer>
     </symbol>
    </layer>
    {% elif class.approximate %}
    <layer class="SimpleFill" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option type="QString" name="color" value="255,255,255,0" />
      <Option type="QString" name="joinstyle" value="bevel" />
      <Option type="QString" name="outline_color" value="26,26,26,255" />
      <Option type="QString" name="outline_style" value="dash" />
      <Option type="QString" name="outline_width" value="0.4" />
      <Option type="QString" name="outline_width_unit" value="MM" />
      <Option type="QString" name="style" value="no" />
     </Option>
    </layer>
    <layer class="LinePatternFill" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option type="QString" name="angle" value="45" />
      <Option type="QString" name="color" value="26,26,26,110" />
      <Option type="QString" name="distance" value="3" />
      <Option type="QString" name="distance_unit" value="MM" />
      <Option type="QString" name="line_width" value="0.15" />
      <Option type="QString" name="line_width_unit" value="MM" />
     </Option>
     <symbol type="line" name="@{{ loop.index0 }}@1" alpha="1" clip_to_extent="1" force_rhr="0">
      <layer class="SimpleLine" enabled="1" locked="0" pass="0">
       <Option type="Map">
        <Option type="QString" name="capstyle" value="square" />
        <Option type="QString" name="joinstyle" value="bevel" />
        <Option type="QString" name="line_color" value="26,26,26,110" />
        <Option type="QString" name="line_style" value="solid" />
        <Option type="QString" name="line_width" value="0.15" />
        <Option type="QString" name="line_width_unit" value="MM" />
       </Option>
      </layer>
     </symbol>
    </layer>
    {% else %}
    <layer class="SimpleFill" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option type="QString" name="color" value="{{ class.colour|rgb }},217" />
      <Option type="QString" name="joinstyle" value="bevel" />
      <Option type="QString" name="outline_color" value="77,77,77,255" />
      <Option type="QString" name="outline_style" value="solid" />
      <Option type="QString" name="outline_width" value="0.3" />
      <Option type="QString" name="outline_width_unit" value="MM" />
      <Option type="QString" name="style" value="solid" />
     </Option>
     <data_defined_properties>
      <Option type="Map">
       <Option type="Map" name="properties">
        <Option type="Map" name="outlineStyle">
         <Option type="bool" name="active" value="true" />
         <Option type="QString" name="expression" value="if({{ approximate }}, 'no', 'solid')" />
         <Option type="int" name="type" value="3" />
        </Option>
       </Option>
      </Option>
     </data_defined_properties>
    </layer>
    {% if not marked %}
    <layer class="CentroidFill" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option type="QString" name="clip_on_current_part_only" value="0" />
      <Option type="QString" name="clip_points" value="0" />
      <Option type="QString" name="point_on_all_parts" value="0" />
      <Option type="QString" name="point_on_surface" value="1" />
     </Option>
     <data_defined_properties>
      <Option type="Map">
       <Option type="Map" name="properties">
        <Option type="Map" name="enabled">
         <Option type="bool" name="active" value="true" />
         <Option type="QString" name="expression" value="$area is null or 1000 * sqrt($area) / @map_scale &lt; 2.5" />
         <Option type="int" name="type" value="3" />
        </Option>
       </Option>
      </Option>
     </data_defined_properties>
     <symbol type="marker" name="@{{ loop.index0 }}@1" alpha="1" clip_to_extent="1" force_rhr="0">
      <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
       <Option type="Map">
        <Option type="QString" name="color" value="{{ class.colour|rgb }},255" />
        <Option type="QString" name="joinstyle" value="bevel" />
        <Option type="QString" name="name" value="circle" />
        <Option type="QString" name="outline_color" value="77,77,77,255" />
        <Option type="QString" name="outline_style" value="solid" />
        <Option type="QString" name="outline_width" value="0.25" />
        <Option type="QString" name="outline_width_unit" value="MM" />
        <Option type="QString" name="size" value="2.6" />
        <Option type="QString" name="size_unit" value="MM" />
       </Option>
      </layer>
     </symbol>
    </layer>
    {% endif %}
    {% endif %}
   </symbol>
   {% endfor %}
  </symbols>
  <orderby>
   <orderByClause asc="0" nullsFirst="1">$area</orderByClause>
  </orderby>
 </renderer-v2>
 <labeling type="simple">
  {% include "rank_labels.xml" %}
 </labeling>
</qgis>
