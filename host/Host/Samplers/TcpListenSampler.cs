using System.Buffers.Text;
using OppTel.Configuration;
using static OppTel.Host.Samplers.SlotMetrics;

namespace OppTel.Host.Samplers;

/// <summary>
/// Connections that found no place with their listener. No hook sees them, so they are read from /proc/net/netstat, which knows the
/// daemon's own network namespace alone. Cost: 40 us once a second.
/// </summary>
internal static class TcpListenSampler
{
    private const string Variable = "tcp_listen";
    private const string Source = "in the network namespace of opptel-host, read from /proc/net/netstat once a second.";
    private static readonly string[] Names = ["ListenOverflows", "ListenDrops"];

    public static Sampler Definition { get; } = new(
        "tcp_listen",
        [],
        [],
        [
            new SlotBlock(Variable,
            [
                Counter("opptel_tcp_listen_overflows_total", $"TCP connections that found the queue of their listener full, {Source}"),
                Counter("opptel_tcp_listen_drops_total", $"TCP connections that their listener dropped, for whatever reason, {Source}"),
            ]),
        ])
    {
        OpenReader = plan => new Reader(plan.Variables[Variable]),
    };

    /// <summary>The file has a line of names and a line of values for each group; the names stay what they are.</summary>
    private sealed class Reader : ISlotReader
    {
        private readonly ProcFile file = new("/proc/thread-self/net/netstat");
        private readonly uint firstSlot;
        private readonly int[] columns;
        private readonly ulong[] values = new ulong[Names.Length];

        public Reader(uint firstSlot)
        {
            this.firstSlot = firstSlot;
            string[] names = System.Text.Encoding.ASCII.GetString(Line(0)).Split(' ');
            columns = [.. Names.Select(name => Array.IndexOf(names, name))];
            if (columns.Contains(-1))
                throw new OperatorException(ExitCode.Unavailable, $"{file.Path} has no {string.Join(" and ", Names)}");
        }

        public TimeSpan Interval { get; } = TimeSpan.FromSeconds(1);

        public void Read(ISlotStore store)
        {
            ReadOnlySpan<byte> line = Line(1);
            for (int column = 0; !line.IsEmpty; column++)
            {
                ReadOnlySpan<byte> word = ProcFile.TakeWord(ref line);
                if (Array.IndexOf(columns, column) is int index and >= 0 && !Utf8Parser.TryParse(word, out values[index], out _))
                    throw new IOException($"{file.Path} has no number for {Names[index]}");
            }

            store.Store(firstSlot, values);
        }

        public void Dispose() => file.Dispose();

        /// <summary>TCP's names or values; empty when there are none.</summary>
        private ReadOnlySpan<byte> Line(int skip)
        {
            for (ReadOnlySpan<byte> text = file.Read(); !text.IsEmpty;)
            {
                ReadOnlySpan<byte> line = ProcFile.TakeLine(ref text);
                if (line.StartsWith("TcpExt:"u8) && skip-- == 0)
                    return line;
            }

            return [];
        }
    }
}
