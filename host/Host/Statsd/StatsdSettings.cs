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
        string path = section.RequiredText("socket"), mode = section.Text("mode", "0660");
        if (path.Length > 0 && (!Path.IsPathRooted(path) || System.Text.Encoding.UTF8.GetByteCount(path) > 107))
            section.Report("socket", $"'{path}' is no absolute path of at most 107 bytes");
        if (mode.Length is < 3 or > 4 || mode.Any(digit => digit is < '0' or > '7'))
            section.Report("mode", $"'{mode}' is not three or four octal digits, such as 0660");
        return new StatsdSettings(
            path,
            mode.All(digit => digit is >= '0' and <= '7') && mode.Length is 3 or 4 ? (UnixFileMode)Convert.ToInt32(mode, 8) : UnixFileMode.None,
            section.Integer("metrics", 256, 1, 2048),
            section.Integer("slots", 4096, 1, 16384),
            section.Duration("expire", TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)));
    }
}
