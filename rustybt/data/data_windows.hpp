#pragma once
// Inside of the data portal: the buffers behind window() and history().

#include <array>
#include <memory>
#include <vector>

#include "rustybt/data/data_portal.hpp"

namespace rustybt::data {

/// Finished daily rows of one column as doubles, adjusted for what is in force at the cursor: rows [begin, end) of the
/// calendar are filled. A factor that comes into force, or leaves it when the cursor goes back, makes a new buffer.
struct DataPortal::Rows {
  std::shared_ptr<double[]> data;
  int begin = 0, end = 0, capacity = 0;
  int largest = 0;                        ///< longest window asked for so far
  int factors = 0;                        ///< number of the asset's factors in force
  std::shared_ptr<const double[]> owner;  ///< memory of the window handed out last
};

struct DataPortal::Windows {
  using Columns = std::array<Rows, static_cast<std::size_t>(BarField::Price) + 1>;
  std::vector<std::unique_ptr<Columns>> assets;  ///< null until the asset is asked for
};

}  // namespace rustybt::data
