#pragma once
// Bars by sid and time, for callers outside of a run: one interface over stores.
// A run does not come here; it reads the store through DataPortal.

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "rustybt/data/bundles/core.hpp"
#include "rustybt/data/data_portal.hpp"

namespace rustybt::data {

/// Values of several fields: one block per field, [time][asset]; NaN where there is no price, 0 where no volume.
struct RawArrays {
  std::size_t rows = 0, columns = 0;
  std::vector<std::vector<double>> fields;
};

/// Times are midnights of sessions in a daily reader, minute labels (end of the minute, UTC) in a minute reader.
class BarReader {
 public:
  virtual ~BarReader() = default;
  [[nodiscard]] virtual DataFrequency data_frequency() const = 0;
  [[nodiscard]] virtual const utils::CalendarPtr& trading_calendar() const = 0;
  /// Sessions from the first to the last bar.
  [[nodiscard]] virtual std::vector<Date> sessions() const = 0;
  [[nodiscard]] virtual Date first_trading_day() const = 0;
  [[nodiscard]] virtual Timestamp last_available() const = 0;
  /// All bars from `first` to `last`. Outside an asset's life, and for sids without bars, nothing.
  /// @throws Error{NoDataOnDate} for times that are no session (minute) of the calendar, Error{NoDataForSid} when none
  /// of the sids is known
  [[nodiscard]] virtual RawArrays load_raw_arrays(std::span<const Field> fields, Timestamp first, Timestamp last,
                                                  std::span<const Sid> sids) const = 0;
  /// One value. @throws Error{NoDataForSid}, Error{NoDataOnDate} for a time that is no session (minute) of the
  /// calendar, Error{NoDataBeforeDate}, Error{NoDataAfterDate} outside the asset's bars
  [[nodiscard]] virtual double get_value(Sid sid, Timestamp at, Field field) const = 0;
  /// Time of the last bar with volume at or before `at`; nothing when it never traded. @throws Error{NoDataForSid}
  [[nodiscard]] virtual std::optional<Timestamp> last_traded(Sid sid, Timestamp at) const = 0;
};

/// The daily bars of a bundle. @throws Error{EmptyData} when it has none
[[nodiscard]] std::shared_ptr<const BarReader> make_daily_reader(const Bundle& bundle);
/// The minute bars of a bundle. @throws Error{EmptyData} when it has none
[[nodiscard]] std::shared_ptr<const BarReader> make_minute_reader(const Bundle& bundle);

}  // namespace rustybt::data
