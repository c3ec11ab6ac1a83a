using System.Buffers.Text;
using System.Diagnostics;
using System.Text;
using OppTel.Bpf;
using OppTel.Host.Catalog;
using static OppTel.Host.Samplers.SlotMetrics;

namespace OppTel.Host.Samplers;

/// <summary>
/// What the interfaces of the daemon's network namespace count. Drivers count in the device or per CPU, where no hook sees it, so
/// the sums are read from /proc/net/dev. Cost: 2 us for each interface and reading, ten times a second; where they are many, readings are rarer and take 0.2 % of a CPU.
/// </summary>
internal static class InterfacesSampler
{
    /// <summary>Where in an interface's block these slots begin.</summary>
    public const string Variable = "interfaces";

    private const string Direction = "network_io_direction";
    private const string Source = "read from /proc/net/dev.";
    private const string Bytes = $"Bytes that an interface sent and received, {Source}";
    private const string Packets = $"Packets that an interface sent and received, {Source}";
    private const string Errors = $"Packets that an interface could not send or receive, {Source}";
    private const string Dropped = $"Packets that were dropped at an interface, {Source}";

    /// <summary>Columns behind the name, in the order of the metrics: bytes, packets, errors, drops; those sent are 8 further on.</summary>
    private static readonly int[] Columns = [8, 0, 9, 1, 10, 2, 11, 3];

    public static Sampler Definition { get; } = new(
        "interfaces",
        [],
        [
            new EntityPart(EntityKind.Interface, Variable,
            [
                Counter("system_network_io_bytes_total", Bytes, 1, (Direction, "transmit")),
                Counter("system_network_io_bytes_total", Bytes, 1, (Direction, "receive")),
                Counter("system_network_packets_total", Packets, 1, (Direction, "transmit")),
                Counter("system_network_packets_total", Packets, 1, (Direction, "receive")),
                Counter("system_network_errors_total", Errors, 1, (Direction, "transmit")),
                Counter("system_network_errors_total", Errors, 1, (Direction, "receive")),
                Counter("system_network_dropped_total", Dropped, 1, (Direction, "transmit")),
                Counter("system_network_dropped_total", Dropped, 1, (Direction, "receive")),
            ]),
        ],
        [])
    {
        OpenReader = plan => new Reader("/proc/thread-self/net/dev", plan.Variables[Variable]),
    };

    /// <summary>Reads the file.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="part">Where in a block its slots begin.</param>
    internal sealed class Reader(string path, uint part) : ISlotReader
    {
        private const int LongestName = 64;
        // Times what a reading took.
        private const int LeastPause = 500;
        private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100), Longest = TimeSpan.FromSeconds(1);
        private readonly ProcFile file = new(path);
        private readonly Dictionary<string, Interface> known = new(StringComparer.Ordinal);
        private ulong readings;
        private ulong found;

        public TimeSpan Interval { get; private set; } = Shortest;

        /// <inheritdoc/>
        public void Read(ISlotStore store)
        {
            long began = Stopwatch.GetTimestamp();
            readings++;
            int present = 0;
            for (ReadOnlySpan<byte> text = file.Read(); !text.IsEmpty;)
            {
                ReadOnlySpan<byte> line = ProcFile.TakeLine(ref text);
                // The two lines of titles have no colon.
                if (line.IndexOf((byte)':') is not (int colon and >= 0))
                    continue;
                Take(line[..colon].TrimStart((byte)' '), line[(colon + 1)..], store);
                present++;
            }

            if (present < known.Count)
                Release(store);
            TimeSpan pause = Stopwatch.GetElapsedTime(began) * LeastPause;
            Interval = pause < Shortest ? Shortest : pause > Longest ? Longest : pause;
        }

        public void Dispose() => file.Dispose();

        private void Release(ISlotStore store)
        {
            foreach ((string name, Interface gone) in known.Where(entry => entry.Value.SeenAt != readings).ToList())
            {
                known.Remove(name);
                store.Release(EntityKind.Interface, gone.Id, gone.FirstSlot);
            }
        }

        private void Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> numbers, ISlotStore store)
        {
            Interface one = Find(name, store);
            Span<ulong> now = stackalloc ulong[12], deltas = stackalloc ulong[Columns.Length];
            for (int column = 0; column < now.Length; column++)
            {
                if (!Utf8Parser.TryParse(ProcFile.TakeWord(ref numbers), out now[column], out _))
                    throw new IOException($"{file.Path} has no column {column + 1} for {Encoding.UTF8.GetString(name)}");
            }

            for (int index = 0; index < Columns.Length; index++)
            {
                ulong number = now[Columns[index]], last = one.Last[index];
                // Less than before: this is another interface of the same name.
                deltas[index] = number < last ? number : number - last;
                one.Last[index] = number;
            }

            if (deltas.ContainsAnyExcept(0ul))
                store.Add(one.FirstSlot + part, deltas);
        }

        private Interface Find(ReadOnlySpan<byte> name, ISlotStore store)
        {
            Span<char> characters = stackalloc char[LongestName];
            if (!Encoding.UTF8.TryGetChars(name, characters, out int length))
                throw new IOException($"{file.Path} has an interface name of {name.Length} bytes");
            if (!known.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(characters[..length], out Interface? one))
            {
                string text = characters[..length].ToString();
                one = new Interface(++found, store.Claim(EntityKind.Interface, found, EntityLabels.ForInterface(text)));
                known.Add(text, one);
            }

            one.SeenAt = readings;
            return one;
        }

        /// <summary>An interface that was there at the last reading.</summary>
        /// <param name="Id">Of the entity.</param>
        /// <param name="FirstSlot">Of its block.</param>
        private sealed record Interface(ulong Id, uint FirstSlot)
        {
            public ulong[] Last { get; } = new ulong[Columns.Length];

            public ulong SeenAt { get; set; }
        }
    }
}
