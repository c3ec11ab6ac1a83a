using OppTel.Configuration;

namespace OppTel.Host.Producers;

/// <summary>The door for programs that bring metrics of their own.</summary>
/// <param name="Socket">Path of the socket.</param>
/// <param name="Mode">Its permissions.</param>
/// <param name="Producers">Most at a time.</param>
/// <param name="Cells">Most cells of one.</param>
/// <param name="Slots">Slots of the series of all together.</param>
/// <param name="Families">Most metric names that are ever taken.</param>
/// <param name="Interval">From one look at the cells to the next.</param>
public sealed record ProducerSettings(
    string Socket, UnixFileMode Mode, int Producers, int Cells, int Slots, int Families, TimeSpan Interval)
{
    /// <summary>Reads the key "producers"; null when it is not there.</summary>
    internal static ProducerSettings? Read(ConfigurationSection root)
    {
        if (!root.Has(ProducerSampler.Name))
            return null;
        ConfigurationSection section = root.Section(ProducerSampler.Name);
        (string path, UnixFileMode mode) = UnixDoor.Read(section);
        return new ProducerSettings(
            path,
            mode,
            section.Integer("producers", 32, 1, 256),
            section.Integer("cells", 1024, 1, 16384),
            section.Integer("slots", 8192, 1, 32768),
            section.Integer("metrics", 512, 1, 4096),
            section.Duration("interval", TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(100)));
    }
}
