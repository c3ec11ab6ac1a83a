using System.Buffers.Binary;
using OppTel.Aggregator.Tests;
using OppTel.Catalog;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Benchmarks.Scrapes;

/// <summary>
/// Captures for the ports of a dataplane: one to be read once, which brings series to life, and one to be read for ever, a load of carriers
/// of another host. Repeated carriers are old news to the aggregator; stripping, handing over and reading them costs what new ones cost.
/// </summary>
internal static class LoadCapture
{
    /// <summary>The host of the first.</summary>
    public const string Host = "many";

    private const int BlocksOfFrame = 24, SeriesOfBlock = 4, ValuesOfTrailer = 8, Repeats = 4, LoadSeries = 64, LoadFrames = 1024;
    private const ulong Start = 1_000_000_000;

    /// <summary>Writes both.</summary>
    /// <param name="once">Path of the first.</param>
    /// <param name="load">Path of the second.</param>
    /// <param name="series">Series of the first; a multiple of eight.</param>
    public static void Write(string once, string load, int series)
    {
        TestHost many = new(1) { Name = Host }, busy = new(2) { Name = "busy" };
        // The first ones may come before the catalog is in force.
        WriteFrames(once, [.. Catalog(many, series), .. Enumerable.Range(0, Repeats * series / ValuesOfTrailer).Select(index => Carrier(many, index * ValuesOfTrailer % series))]);
        WriteFrames(load, [.. Catalog(busy, LoadSeries), .. Enumerable.Range(0, LoadFrames).Select(index => Carrier(busy, index * ValuesOfTrailer % LoadSeries))]);
    }

    private static IEnumerable<byte[]> Catalog(TestHost host, int series)
    {
        Metric[] metrics =
        [
            TestHost.Metric(1, "process_cpu_time_seconds_total", Kind.Counter, scale: 1e-9), TestHost.Metric(2, "process_memory_bytes", Kind.Gauge),
            TestHost.Metric(3, "process_context_switches_total", Kind.Counter), TestHost.Metric(4, "process_delay_seconds_total", Kind.Counter, scale: 1e-9),
        ];
        Block[][] parts =
        [
            .. Enumerable.Range(0, series / SeriesOfBlock).Select(pid => TestHost.Block(
                (uint)(pid * SeriesOfBlock), [1, 2, 3, 4],
                ("process_pid", $"{pid}"), ("process_executable_name", $"worker-{pid % 50}"), ("cgroup", $"/s/{pid % 20}.service"))).Chunk(BlocksOfFrame),
        ];
        for (int part = 0; part < parts.Length; part++)
        {
            CatalogUpdate update = host.Whole(1, part == 0 ? metrics : [], parts[part]);
            (update.Part, update.Parts) = ((uint)part, (uint)parts.Length);
            byte[] frame = host.Catalog(update);
            ControlFrame.Group.CopyTo(frame);
            yield return frame;
        }
    }

    /// <summary>A UDP datagram of 64 bytes in IPv4, with values of slots in a row behind it.</summary>
    private static byte[] Carrier(TestHost host, int slot)
    {
        const int Ethernet = 14, Ip = 20, Datagram = 64;
        ValueRecord[] values = [.. Enumerable.Range(slot, ValuesOfTrailer).Select(index => new ValueRecord((ushort)index, (ulong)index * 123_456_789))];
        byte[] trailer = host.Trailer(0, 1, Start, values), frame = new byte[Ethernet + Ip + Datagram + trailer.Length];
        (frame[0], frame[6], frame[Ethernet], frame[Ethernet + 8], frame[Ethernet + 9]) = (2, 2, 0x45, 64, 17);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), 0x0800);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(Ethernet + 2), Ip + Datagram);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(Ethernet + Ip + 4), Datagram);
        trailer.CopyTo(frame, frame.Length - trailer.Length);
        return frame;
    }

    private static void WriteFrames(string path, IEnumerable<byte[]> frames)
    {
        using BinaryWriter file = new(File.Create(path));
        // Classic pcap: magic, version 2.4, zone and accuracy, snap length, Ethernet.
        file.Write(0xA1B2C3D4);
        file.Write(0x0004_0002);
        file.Write(0ul);
        file.Write(65535);
        file.Write(1);
        foreach (byte[] frame in frames)
        {
            file.Write(0ul);
            file.Write(frame.Length);
            file.Write(frame.Length);
            file.Write(frame);
        }
    }
}
