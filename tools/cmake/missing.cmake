# Optional parts that were not found are named once, at the end of configuring, with the reason and where they come
# from; the program's `list` shows the same lines.

# convcheck_missing(PART REASON SOURCE): PART is not built because REASON; SOURCE says where it comes from.
function(convcheck_missing part reason source)
  set_property(GLOBAL APPEND PROPERTY CONVCHECK_MISSING "${part}|${reason}|${source}")
endfunction()

# convcheck_write_missing(FILE): writes the parts as C++, for the program's `list`. Once all parts have spoken.
function(convcheck_write_missing file)
  get_property(missing GLOBAL PROPERTY CONVCHECK_MISSING)
  set(rows "")
  foreach(line IN LISTS missing)
    string(REPLACE "|" "\", \"" fields "${line}")
    string(APPEND rows "    {\"${fields}\"},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${file} @ONLY CONTENT [[
#include "tools/not_built.h"

namespace convcheck {

const std::vector<NotBuilt>& parts_not_built() {
  static const std::vector<NotBuilt> parts{
@rows@  };
  return parts;
}

}  // namespace convcheck
]])
endfunction()

function(convcheck_report_missing)
  get_property(missing GLOBAL PROPERTY CONVCHECK_MISSING)
  foreach(line IN LISTS missing)
    string(REPLACE "|" ";" fields "${line}")
    list(GET fields 0 part)
    list(GET fields 1 reason)
    list(GET fields 2 source)
    message(NOTICE "not built: ${part}: ${reason} (from ${source})")
  endforeach()
endfunction()
