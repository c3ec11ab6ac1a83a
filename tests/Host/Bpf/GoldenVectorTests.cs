using System.Globalization;
using OppTel.Bpf;
using OppTel.Host.Control;
using OppTel.Wire;
using OppTel.Wire.Tests.Vectors;

namespace OppTel.Host.Tests.Bpf;

/// <summary>The golden vectors, run by the egress program in the running kernel.</summary>
public sealed class GoldenVectorTests : IDisposable
{
    // The kernel's test harness takes a frame with something behind its Ethernet header that fits one page.
    private const int ShortestFrame = 15;
    private const int LongestFrame = 3400;

    private static readonly Vector[] Golden =
        [.. VectorFile.Load().Vectors.Where(vector => vector.FrameBytes.Length is >= ShortestFrame and <= LongestFrame)];

    private readonly KernelFixture kernel = new();
    private readonly MappedArray<HostTagKeys> keys;
    private readonly TrailerTagging tagging;

    public GoldenVectorTests()
    {
        keys = kernel.Object.Map("opptel_tag_keys").MapInto<HostTagKeys>();
        tagging = new TrailerTagging(kernel.State, keys);
    }

    public void Dispose()
    {
        keys.Dispose();
        kernel.Dispose();
    }

    [Fact]
    public void EveryStampedFrameThatSomebodyElseSendsLeavesAsItsOriginal()
    {
        Vector[] stamped = [.. Golden.Where(vector => vector is { Verdict: "stripped", Place: null })];
        Assert.True(stamped.Length > 25, $"only {stamped.Length} vectors fit the harness");
        foreach (Vector vector in stamped)
        {
            Assert.Equal((vector.Name, vector.Original), (vector.Name, Send(vector.Frame)));
            Assert.Equal(1ul, Moved(EgressReason.ForgedTrimmed));
        }
    }

    [Fact]
    public void TheSameHoldsWithoutALease()
    {
        kernel.State[0].LeaseUntil = 0;
        EveryStampedFrameThatSomebodyElseSendsLeavesAsItsOriginal();
    }

    /// <summary>What a stripper would leave is trimmed only where it looks like a trailer behind the packet.</summary>
    [Fact]
    public void WhatIsNoTrailerLeavesAsItIsOrWithoutItsForgedEnd()
    {
        // The harness refuses a frame that ends inside an IP header.
        Vector[] rejected = [.. Golden.Where(vector => vector is { Verdict: not "stripped", Name: not "ethernet_header_alone" })];
        Assert.True(rejected.Length > 35, $"only {rejected.Length} vectors fit the harness");
        int trimmed = 0;
        foreach (Vector vector in rejected)
        {
            byte[] frame = vector.FrameBytes;
            bool hasEnd = L3.TryFindEnd(frame, out int end) && frame.Length - end >= WireFormat.FooterSize;
            bool isForged = hasEnd && frame.AsSpan().EndsWith("TO"u8);
            trimmed += isForged ? 1 : 0;
            Assert.Equal((vector.Name, Convert.ToHexStringLower(isForged ? frame[..end] : frame)), (vector.Name, Send(vector.Frame)));
        }

        Assert.InRange(trimmed, 20, rejected.Length - 10);
    }

    /// <summary>Every original that may carry takes the trailer of its vector, but for time, stream and thus checksum.</summary>
    [Fact]
    public void EveryOriginalIsStampedWithTheFieldsOfItsVector()
    {
        Vector[] writable = [.. Golden.Where(IsWritable)];
        Assert.True(writable.Length > 14, $"only {writable.Length} vectors are what the program writes");
        foreach (Vector vector in writable)
        {
            TrailerFields fields = vector.Trailer!;
            kernel.State[0].Epoch = fields.Epoch;
            tagging.Use(KeyOf(vector));
            for (int cpu = 0; cpu < kernel.Streams.Count; cpu++)
                kernel.Streams[cpu].Sequence = fields.Sequence;
            foreach (ValueFields value in fields.Values)
                kernel.Publish(value.Slot, Number(value.Value));
            byte[] sent = Convert.FromHexString(Send(vector.Original!));
            foreach (ValueFields value in fields.Values)
                kernel.SetLive(value.Slot, 1, live: false);

            byte[] expected = vector.FrameBytes;
            Assert.Equal(expected.Length, sent.Length);
            Assert.Equal(StripReason.Stripped, Trailer.Inspect(sent, out int length));
            if (vector.Key is not null)
                Assert.True(TrailerTag.IsRight(sent.AsSpan(^length..), KeyOf(vector)!.Value), vector.Name);
            Unify(expected, vector.Key is not null);
            Unify(sent, vector.Key is not null);
            Assert.Equal((vector.Name, Convert.ToHexStringLower(expected)), (vector.Name, Convert.ToHexStringLower(sent)));
        }
    }

    private static TrailerKey? KeyOf(Vector vector) => vector.Key is null ? null : TrailerKey.FromBytes(Convert.FromHexString(vector.Key));

    /// <summary>Clears what the kernel decides: time and stream, and the checksum and tag that follow from them.</summary>
    private static void Unify(byte[] frame, bool isTagged)
    {
        if (isTagged)
            frame.AsSpan(^32..^24).Clear();
        frame.AsSpan(^24..^16).Clear();
        frame.AsSpan(^6..^4).Clear();
    }

    /// <summary>The program writes distinct slots, no samples, no pad, tags only with a key, and never stamps control with a payload or hop-by-hop options.</summary>
    private static bool IsWritable(Vector vector) =>
        vector.Trailer is { Samples.Count: 0, Pad: 0, Values.Count: <= 16 } fields
        && (fields.Flags & ~(byte)(TrailerFlags.Heartbeat | TrailerFlags.Tag)) == 0
        && ((fields.Flags & (byte)TrailerFlags.Tag) != 0) == (vector.Key is not null)
        && ((fields.Flags & (byte)TrailerFlags.Heartbeat) != 0) == (vector.Name.StartsWith("heartbeat", StringComparison.Ordinal) || vector.Name == "tag_right_without_records")
        && fields.Values.DistinctBy(value => value.Slot).Count() == fields.Values.Count
        && vector.Name is not ("control_with_payload" or "ipv6_hop_by_hop_with_payload" or "checksum_all_ones");

    private static ulong Number(string text) => ulong.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private string Send(string frame)
    {
        before = kernel.Counts();
        return Convert.ToHexStringLower(kernel.Send(Convert.FromHexString(frame)));
    }

    private ulong Moved(EgressReason reason) => kernel.Count(reason) - before[(int)reason];

    private ulong[] before = [];
}
