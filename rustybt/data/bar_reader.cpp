#include "rustybt/data/bar_reader.hpp"

#include <algorithm>
#include <cmath>

#include "rustybt/core/error.hpp"
#include "rustybt/core/money.hpp"

namespace rustybt::data {
namespace {

double value_of(std::int64_t mantissa, Field field, int price_scale, int volume_scale) {
  if (field == Field::Volume) return mantissa == kMissing ? 0.0 : mantissa_to_double(mantissa, volume_scale);
  return mantissa == kMissing ? std::nan("") : mantissa_to_double(mantissa, price_scale);
}

[[noreturn]] void throw_no_sid(Sid sid) {
  throw Error{ErrorCode::NoDataForSid, "no bars of sid " + std::to_string(sid.value)}.with("sid",
                                                                                           std::to_string(sid.value));
}

/// What both readers of a store share.
class StoreReader : public BarReader {
 public:
  explicit StoreReader(const Bundle& bundle)
      : calendar_(bundle.calendar), finder_(bundle.finder), bars_(bundle.bars), name_(bundle.info.name) {}

  [[nodiscard]] const utils::CalendarPtr& trading_calendar() const override { return calendar_; }
  [[nodiscard]] std::vector<Date> sessions() const override {
    return {bars_->sessions().begin(), bars_->sessions().end()};
  }
  [[nodiscard]] Date first_trading_day() const override { return bars_->sessions().front(); }

 protected:
  [[nodiscard]] AssetIndex asset_of(Sid sid) const {
    if (const auto asset = finder_->find_sid(sid)) return *asset;
    throw_no_sid(sid);
  }
  /// Assets of the sids; unknown ones are -1.
  [[nodiscard]] std::vector<AssetIndex> assets_of(std::span<const Sid> sids) const {
    std::vector<AssetIndex> assets;
    for (const Sid sid : sids) assets.push_back(finder_->find_sid(sid).value_or(AssetIndex{-1}));
    const auto unknown = [](AssetIndex a) { return a.value < 0; };
    if (!sids.empty() && std::ranges::all_of(assets, unknown)) throw_no_sid(sids.front());
    return assets;
  }
  [[noreturn]] void throw_no_date(ErrorCode code, Timestamp at, const std::string& why) const {
    throw Error{code, "bundle " + name_ + ": " + at.to_string() + " " + why}.with("time", at.to_string());
  }
  void check_range(Timestamp first, Timestamp last) const {
    if (last < first)
      throw Error{ErrorCode::InvalidDateRange,
                  "the range ends at " + last.to_string() + ", before it begins at " + first.to_string()};
  }

  utils::CalendarPtr calendar_;
  std::shared_ptr<const assets::AssetFinder> finder_;
  std::shared_ptr<const BarStore> bars_;
  std::string name_;
};

class DailyReader final : public StoreReader {
 public:
  explicit DailyReader(const Bundle& bundle) : StoreReader(bundle) {
    if (!bars_->has_daily()) throw Error{ErrorCode::EmptyData, "bundle " + name_ + " has no daily bars"};
  }
  [[nodiscard]] DataFrequency data_frequency() const override { return DataFrequency::Daily; }
  [[nodiscard]] Timestamp last_available() const override { return Timestamp::from_date(bars_->sessions().back()); }

  [[nodiscard]] RawArrays load_raw_arrays(std::span<const Field> fields, Timestamp first, Timestamp last,
                                          std::span<const Sid> sids) const override {
    check_range(first, last);
    const int begin = calendar_session(first), end = calendar_session(last) + 1;
    const std::vector<AssetIndex> assets = assets_of(sids);
    RawArrays out{static_cast<std::size_t>(end - begin), sids.size(), {}};
    std::vector<int> rows;
    for (int s = begin; s < end; ++s) rows.push_back(store_session(calendar_->session(s)));
    for (const Field field : fields) {
      auto& values = out.fields.emplace_back();
      values.reserve(out.rows * out.columns);
      for (const int row : rows)
        for (const AssetIndex asset : assets) values.push_back(value(asset, field, row));
    }
    return out;
  }
  [[nodiscard]] double get_value(Sid sid, Timestamp at, Field field) const override {
    const AssetIndex asset = asset_of(sid);
    const AssetBars& bars = bars_->daily(asset);
    const int row = store_session(calendar_->session(calendar_session(at)));
    if (bars.count == 0) throw_no_sid(sid);
    const auto sessions = bars_->sessions();
    if (at.date() < sessions[static_cast<std::size_t>(bars.first)])
      throw_no_date(ErrorCode::NoDataBeforeDate, at, "is before the first bar of sid " + std::to_string(sid.value));
    if (row < 0 || row >= bars.first + bars.count)
      throw_no_date(ErrorCode::NoDataAfterDate, at, "is after the last bar of sid " + std::to_string(sid.value));
    return value(asset, field, row);
  }
  [[nodiscard]] std::optional<Timestamp> last_traded(Sid sid, Timestamp at) const override {
    const AssetBars& bars = bars_->daily(asset_of(sid));
    const auto sessions = bars_->sessions();
    const auto end = static_cast<int>(std::ranges::upper_bound(sessions, at.date()) - sessions.begin());
    for (int s = std::min(end, bars.first + bars.count) - 1; s >= bars.first && bars.count > 0; --s) {
      const std::int64_t volume = bars.at(Field::Volume, s);
      if (volume != kMissing && volume != 0) return Timestamp::from_date(sessions[static_cast<std::size_t>(s)]);
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] int calendar_session(Timestamp at) const {
    if (const auto session = calendar_->find_session(at.date()); session && at == Timestamp::from_date(at.date()))
      return *session;
    throw_no_date(ErrorCode::NoDataOnDate, at, "is no session of " + calendar_->name());
  }
  [[nodiscard]] int store_session(Date day) const {
    const auto sessions = bars_->sessions();
    const auto found = std::ranges::lower_bound(sessions, day);
    return found != sessions.end() && *found == day ? static_cast<int>(found - sessions.begin()) : -1;
  }
  [[nodiscard]] double value(AssetIndex asset, Field field, int row) const {
    if (asset.value < 0 || row < 0) return value_of(kMissing, field, 0, 0);
    const AssetBars& bars = bars_->daily(asset);
    return value_of(bars.at(field, row), field, bars.price_scale, bars.volume_scale);
  }
};

class MinuteReader final : public StoreReader {
 public:
  explicit MinuteReader(const Bundle& bundle) : StoreReader(bundle) {
    if (!bars_->has_minutes()) throw Error{ErrorCode::EmptyData, "bundle " + name_ + " has no minute bars"};
    first_session_ = calendar_->session_at_or_after(bars_->sessions().front());
    last_session_ = calendar_->session_at_or_before(bars_->sessions().back());
  }
  [[nodiscard]] DataFrequency data_frequency() const override { return DataFrequency::Minute; }
  [[nodiscard]] Timestamp last_available() const override { return calendar_->close(last_session_); }

  [[nodiscard]] RawArrays load_raw_arrays(std::span<const Field> fields, Timestamp first, Timestamp last,
                                          std::span<const Sid> sids) const override {
    check_range(first, last);
    const Place begin = place_of(first), end = place_of(last);
    const std::vector<AssetIndex> assets = assets_of(sids);
    RawArrays out;
    out.columns = sids.size();
    out.rows = static_cast<std::size_t>(calendar_->minutes_before(end.session) + end.minute -
                                        calendar_->minutes_before(begin.session) - begin.minute + 1);
    for (const Field field : fields) {
      auto& values = out.fields.emplace_back(out.rows * out.columns);
      for (std::size_t a = 0; a < assets.size(); ++a) {
        std::size_t row = 0;
        for (int s = begin.session; s <= end.session; ++s) {
          const int stop = s == end.session ? end.minute + 1 : calendar_->minute_count(s);
          for (int m = s == begin.session ? begin.minute : 0; m < stop; ++m)
            values[row++ * out.columns + a] = value(assets[a], field, {s, m});
        }
      }
    }
    return out;
  }
  [[nodiscard]] double get_value(Sid sid, Timestamp at, Field field) const override {
    const AssetIndex asset = asset_of(sid);
    const Place place = place_of(at);
    const AssetMinutes& minutes = bars_->minutes(asset);
    if (minutes.count == 0) throw_no_sid(sid);
    const Date day = calendar_->session(place.session);
    const auto sessions = bars_->sessions();
    if (day < sessions[static_cast<std::size_t>(minutes.first)])
      throw_no_date(ErrorCode::NoDataBeforeDate, at, "is before the first bar of sid " + std::to_string(sid.value));
    if (day > sessions[static_cast<std::size_t>(minutes.first + minutes.count - 1)])
      throw_no_date(ErrorCode::NoDataAfterDate, at, "is after the last bar of sid " + std::to_string(sid.value));
    return value(asset, field, place);
  }
  [[nodiscard]] std::optional<Timestamp> last_traded(Sid sid, Timestamp at) const override {
    const AssetIndex asset = asset_of(sid);
    if (calendar_->first_minute(first_session_) > at) return std::nullopt;
    int session = last_session_, minute = calendar_->minute_count(last_session_) - 1;
    if (at < calendar_->close(last_session_)) {
      session = calendar_->minute_to_session(at);
      minute = calendar_->minute_count(session) - 1;
      while (minute >= 0 && calendar_->minute(session, minute) > at) --minute;
    }
    for (; session >= first_session_; --session) {
      if (minute < 0) minute = calendar_->minute_count(session) - 1;
      for (; minute >= 0; --minute)
        if (value(asset, Field::Volume, {session, minute}) > 0) return calendar_->minute(session, minute);
    }
    return std::nullopt;
  }

 private:
  struct Place {
    int session, minute;
  };
  [[nodiscard]] Place place_of(Timestamp at) const {
    const int count = calendar_->session_count();
    if (count > 0 && at > calendar_->open(0) && at <= calendar_->close(count - 1)) {
      const int session = calendar_->minute_to_session(at);
      if (const auto minute = calendar_->find_minute(session, at)) return {session, *minute};
    }
    throw_no_date(ErrorCode::NoDataOnDate, at, "is no trading minute of " + calendar_->name());
  }
  [[nodiscard]] double value(AssetIndex asset, Field field, Place at) const {
    const int stored = at.session - first_session_;  // the store has the calendar's sessions from its first
    if (asset.value < 0 || stored < 0 || stored >= static_cast<int>(bars_->sessions().size()))
      return value_of(kMissing, field, 0, 0);
    const AssetMinutes& minutes = bars_->minutes(asset);
    const std::int64_t block = minutes.block(stored);
    const std::int64_t mantissa = block < 0 ? kMissing : minutes.columns[static_cast<int>(field)][block + at.minute];
    return value_of(mantissa, field, minutes.price_scale, minutes.volume_scale);
  }
  int first_session_ = 0, last_session_ = 0;
};

}  // namespace

std::shared_ptr<const BarReader> make_daily_reader(const Bundle& bundle) {
  return std::make_shared<DailyReader>(bundle);
}

std::shared_ptr<const BarReader> make_minute_reader(const Bundle& bundle) {
  return std::make_shared<MinuteReader>(bundle);
}

}  // namespace rustybt::data
