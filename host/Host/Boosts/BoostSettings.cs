using OppTel.Configuration;
using OppTel.Host.Samplers;

namespace OppTel.Host.Boosts;

/// <summary>What a DPU may ask for, whatever its beacons say.</summary>
/// <param name="IsEnabled">Whether anything.</param>
/// <param name="MinInterval">Least time from one reading to the next.</param>
/// <param name="MaxDuration">Longest time at a stretch; readings rest for as long before the next one, so that they take half of the time at most.</param>
public sealed record BoostSettings(bool IsEnabled, TimeSpan MinInterval, TimeSpan MaxDuration)
{
    /// <summary>Reads the key "boost".</summary>
    internal static BoostSettings Read(ConfigurationSection root)
    {
        ConfigurationSection section = root.Section("boost");
        return new BoostSettings(
            section.Boolean("enabled", true),
            section.Duration("min_interval", TimeSpan.FromMicroseconds(100), FastSampling.LeastInterval, TimeSpan.FromSeconds(10)),
            section.Duration("max_duration", TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)));
    }
}
