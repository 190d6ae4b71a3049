#include "rustybt/finance/constants.hpp"

#include <algorithm>

namespace rustybt::finance {
namespace {

// zipline-reloaded 3.2.1, finance/constants.py
constexpr FutureConstants kFutures[] = {
    {"AD", 160, kDefaultEta},           // AUD
    {"AI", 96, kDefaultEta},            // Bloomberg Commodity Index
    {"BD", 150, 0.050346811117733474},  // Big Dow
    {"BO", 195, 0.0549309950700463},    // Soybean Oil
    {"BP", 160, 0.04784154423871634},   // GBP
    {"CD", 160, 0.05112442064025072},   // CAD
    {"CL", 150, 0.04852544628414196},   // Crude Oil
    {"CM", 103, 0.052683478163348625},  // Corn e-mini
    {"CN", 195, 0.05349971839003781},   // Corn
    {"DJ", 150, 0.02313009072076987},   // Dow Jones
    {"EC", 160, 0.04885131067661861},   // Euro FX
    {"ED", 125, 0.09418429709024576},   // Eurodollar
    {"EE", 150, 0.048713151357687556},  // Euro FX e-mini
    {"EI", 150, 0.03171270843969266},   // MSCI Emerging Markets mini
    {"EL", 150, 0.04420742201820936},   // Eurodollar NYSE LIFFE
    {"ER", 65, 0.04593056773771131},    // Russell2000 e-mini
    {"ES", 118, 0.0473044183219935},    // SP500 e-mini
    {"ET", 150, kDefaultEta},           // Ethanol
    {"EU", 150, 0.049750396084029064},  // Eurodollar e-micro
    {"FC", 203, 0.058728734202178494},  // Feeder Cattle
    {"FF", 96, 0.04897059152762404},    // 3-Day Federal Funds
    {"FI", 56, 0.03347717673817077},    // Deliverable Interest Rate Swap 5y
    {"FS", 150, 0.034557788010453824},  // Interest Rate Swap 5y
    {"FV", 65, 0.04654442771605696},    // US 5y
    {"GC", 150, 0.04893331354612521},   // Gold
    {"HG", 150, 0.0522384175249878},    // Copper
    {"HO", 150, 0.04506131841215606},   // Heating Oil
    {"HU", 150, 0.017154313062463938},  // Unleaded Gasoline
    {"JE", 16, 0.013948949613401812},   // JPY e-mini
    {"JY", 160, kDefaultEta},           // JPY
    {"LB", 203, 0.06146586386903994},   // Lumber
    {"LC", 203, 0.05585380186285862},   // Live Cattle
    {"LH", 203, 0.05755700463021978},   // Lean Hogs
    {"MB", 150, kDefaultEta},           // Municipal Bonds
    {"MD", 150, kDefaultEta},           // SP400 Midcap
    {"ME", 160, 0.030383767727818548},  // MXN
    {"MG", 150, 0.029579261656151684},  // MSCI EAFE mini
    {"MI", 118, 0.041026288873007355},  // SP400 Midcap e-mini
    {"MS", 103, kDefaultEta},           // Soybean e-mini
    {"MW", 103, 0.052579919663880245},  // Wheat e-mini
    {"ND", 150, kDefaultEta},           // Nasdaq100
    {"NG", 150, 0.047897809233755716},  // Natural Gas
    {"NK", 215, 0.04455543505479143},   // Nikkei225
    {"NQ", 118, 0.044772425085977945},  // Nasdaq100 e-mini
    {"NZ", 160, 0.04917041807387204},   // NZD
    {"OA", 195, 0.05697326723277552},   // Oats
    {"PA", 150, kDefaultEta},           // Palladium
    {"PB", 150, kDefaultEta},           // Pork Bellies
    {"PL", 150, 0.05457937966564749},   // Platinum
    {"QG", 50, kDefaultEta},            // Natural Gas e-mini
    {"QM", 120, kDefaultEta},           // Crude Oil e-mini
    {"RM", 150, 0.037425041244579654},  // Russell1000 e-mini
    {"RR", 195, kDefaultEta},           // Rough Rice
    {"SB", 210, 0.057388160345668134},  // Sugar
    {"SF", 160, 0.047784825569615726},  // CHF
    {"SM", 195, 0.04855286055984422},   // Soybean Meal
    {"SP", 240, kDefaultEta},           // SP500
    {"SV", 150, 0.05269143503993111},   // Silver
    {"SY", 195, 0.05204170365728161},   // Soybean
    {"TB", 150, kDefaultEta},           // Treasury Bills
    {"TN", 56, 0.0333634653652625},     // Deliverable Interest Rate Swap 10y
    {"TS", 150, 0.03290887845506915},   // Interest Rate Swap 10y
    {"TU", 150, 0.0638676460638408},    // US 2y
    {"TY", 75, 0.050586988554700826},   // US 10y
    {"UB", 85, kDefaultEta},            // Ultra Tbond
    {"US", 80, 0.04798417987359072},    // US 30y
    {"VX", 150, kDefaultEta},           // VIX
    {"WC", 195, 0.05263654211932924},   // Wheat
    {"XB", 150, 0.044444916388854484},  // RBOB Gasoline
    {"XG", 75, kDefaultEta},            // Gold e-mini
    {"YM", 150, kDefaultEta},           // Dow Jones e-mini
    {"YS", 75, kDefaultEta},            // Silver e-mini
};
static_assert(std::ranges::is_sorted(kFutures, {}, &FutureConstants::root_symbol));

}  // namespace

std::span<const FutureConstants> future_constants() { return kFutures; }

std::optional<FutureConstants> find_future_constants(std::string_view root_symbol) {
  const auto found = std::ranges::lower_bound(kFutures, root_symbol, {}, &FutureConstants::root_symbol);
  if (found == std::end(kFutures) || found->root_symbol != root_symbol) return std::nullopt;
  return *found;
}

}  // namespace rustybt::finance
