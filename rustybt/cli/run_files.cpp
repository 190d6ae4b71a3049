#include "rustybt/cli/run_files.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace rustybt::cli {

namespace fs = std::filesystem;

namespace {

/// Folder of the tables as seen from the page's folder.
std::string seen_from(const fs::path& folder, const fs::path& page) {
  const fs::path base = fs::absolute(page).parent_path();
  return fs::absolute(folder).lexically_normal().lexically_proximate(base.lexically_normal()).string();
}

/// Make a folder that files can be written to.
void make_folder(const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure || !fs::is_directory(folder)) {
    throw Error(ErrorCode::FileNotWritable,
                fmt::format("cannot make the folder {}: {}", folder.string(),
                            failure ? failure.message() : std::string("a file of that name exists")));
  }
  if (::access(folder.c_str(), W_OK) != 0) {
    throw Error(ErrorCode::FileNotWritable, fmt::format("cannot write into the folder {}", folder.string()));
  }
}

}  // namespace

void prepare_page(const fs::path& page) {
  if (fs::is_directory(page)) {
    throw Error(ErrorCode::FileNotWritable, fmt::format("{} is a folder, not an HTML file", page.string()),
                fmt::format("name a file: --report {}", (page / "report.html").lexically_normal().string()));
  }
  make_folder(fs::absolute(page).parent_path());
}

void write_page(const RunRecord& record, const fs::path& page, const fs::path& tables) {
  analytics::ReportInput input = report_input(record);
  const std::string folder = seen_from(tables, page);
  for (analytics::ReportTable& table : input.tables) {
    if (folder != ".") table.file = (fs::path(folder) / table.file).string();
  }
  analytics::write_report(page, input);
}

RunOutputs prepare_outputs(const RunOutputs& wanted) {
  RunOutputs to = wanted;
  if (to.folder.empty() && !to.report.empty())
    to.folder = to.report.parent_path() / (to.report.stem().string() + "_tables");
  if (!to.report.empty()) prepare_page(to.report);
  if (!to.folder.empty()) make_folder(to.folder);
  return to;
}

void write_outputs(const RunRecord& record, const RunOutputs& to) {
  if (!to.folder.empty()) write_record(to.folder, record);
  if (!to.report.empty()) write_page(record, to.report, to.folder);
}

}  // namespace rustybt::cli
