# What the rooms are made into: one shared library, the command, the Python module.
set(_objects "")
set(_links "")
foreach(room IN LISTS RUSTYBT_ROOMS)
  list(APPEND _objects $<TARGET_OBJECTS:${room}>)
  list(APPEND _links $<TARGET_PROPERTY:${room},INTERFACE_LINK_LIBRARIES>)
endforeach()
