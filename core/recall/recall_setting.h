#ifndef ANNOD_CORE_RECALL_RECALL_SETTING_H_
#define ANNOD_CORE_RECALL_RECALL_SETTING_H_

namespace annod {

// What curves of recall by a setting, such as search_k, are read by. They are
// measured with items that ask, ten neighbours each.

// A setting of a search, and the mean recall measured with it.
struct MeasuredSetting {
  double setting = 0;
  double recall = 0;
};

// The recall that has to be measured for vectors that are not items to find
// `recall` of their neighbours: more, for the chance in `query_count` queries
// and for those being items. Both in (0, 1].
double MeasuredRecallFor(double recall, int query_count);

// Standard deviation of a mean recall@10 of so many queries.
double RecallDeviation(double recall, int query_count);

// Where the line between two settings, over their logarithm, reaches `recall`.
double SettingBetween(const MeasuredSetting& low, const MeasuredSetting& high,
                      double recall);

}  // namespace annod

#endif  // ANNOD_CORE_RECALL_RECALL_SETTING_H_
