# One call per room, lowest first. The rule behind it: docs/adr/0001-foundation.md.
include(EmbedFiles)
find_path(DYGRAPHS_FOLDER dygraph.min.js PATHS /usr/share/javascript/dygraphs REQUIRED)

rustybt_room(core)
rustybt_room(utils USES core LINKS Sodium::Sodium)
# OpenSSL before Arrow on every link line: libarrow exports an OpenSSL of its own, and half of each is none
rustybt_room(storage USES core LINKS OpenSSL::SSL OpenSSL::Crypto PyArrow::parquet SQLite::SQLite3)
rustybt_room(net USES core utils LINKS OpenSSL::SSL OpenSSL::Crypto)
set_source_files_properties(${PROJECT_SOURCE_DIR}/rustybt/net/http_client.cpp PROPERTIES COMPILE_OPTIONS
  -fvisibility=hidden)
rustybt_room(assets USES core utils storage)
rustybt_room(finance USES core utils assets)
set(_fees ${PROJECT_SOURCE_DIR}/rustybt/finance/fee_schedules)
rustybt_embed(rustybt_finance fee_schedules
  binance_spot=${_fees}/binance_spot.json
  coinbase=${_fees}/coinbase.json
  generic=${_fees}/generic.json
  interactive_brokers_fixed=${_fees}/interactive_brokers_fixed.json
  interactive_brokers_tiered=${_fees}/interactive_brokers_tiered.json)
rustybt_room(data USES core utils storage assets)
rustybt_room(data/adapters USES net data)
rustybt_room(gens USES finance data)
rustybt_room(analytics USES storage finance assets)
rustybt_embed(rustybt_analytics report_page
  report_css=${PROJECT_SOURCE_DIR}/rustybt/analytics/page/report.css
  report_js=${PROJECT_SOURCE_DIR}/rustybt/analytics/page/report.js
  dygraph_css=${DYGRAPHS_FOLDER}/dygraph.min.css
  dygraph_js=${DYGRAPHS_FOLDER}/dygraph.min.js
  dygraph_license=${PROJECT_SOURCE_DIR}/rustybt/analytics/page/dygraphs_license.txt)
rustybt_room(algorithm USES gens)
rustybt_room(cli USES algorithm analytics data/adapters LINKS CLI11::CLI11)
