using OppTel.Configuration;

namespace OppTel.Host.Statsd;

/// <summary>The door for scripts.</summary>
/// <param name="Socket">Path of the datagram socket.</param>
/// <param name="Mode">Its permissions.</param>
/// <param name="Families">Most metric names that are ever taken.</param>
/// <param name="Slots">Slots of all series together.</param>
/// <param name="Expire">A series that nobody writes for this long is given up.</param>
public sealed record StatsdSettings(string Socket, UnixFileMode Mode, int Families, int Slots, TimeSpan Expire)
{
    /// <summary>Reads the key "statsd"; null when it is not there.</summary>
    internal static StatsdSettings? Read(ConfigurationSection root)
    {
        if (!root.Has("statsd"))
            return null;
        ConfigurationSection section = root.Section("statsd");
        (string path, UnixFileMode mode) = UnixDoor.Read(section);
        return new StatsdSettings(
            path,
            mode,
            section.Integer("metrics", 256, 1, 2048),
            section.Integer("slots", 4096, 1, 16384),
            section.Duration("expire", TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)));
    }
}
