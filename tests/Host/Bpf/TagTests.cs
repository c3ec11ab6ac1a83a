using CsCheck;
using OppTel.Bpf;
using OppTel.Host.Control;
using OppTel.Wire;

namespace OppTel.Host.Tests.Bpf;

/// <summary>Tags as the egress program makes them, judged by C#.</summary>
public sealed class TagTests : IDisposable
{
    private static readonly TrailerKey Key = new(0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908), Next = new(17, 18);
    private readonly KernelFixture kernel = new();
    private readonly MappedArray<HostTagKeys> keys;
    private readonly TrailerTagging tagging;

    public TagTests()
    {
        keys = kernel.Object.Map("opptel_tag_keys").MapInto<HostTagKeys>();
        tagging = new TrailerTagging(kernel.State, keys);
        kernel.State[0].MaxTrailer = 1024;
        kernel.State[0].MaxValues = HostMaps.MaxValues;
    }

    public void Dispose()
    {
        keys.Dispose();
        kernel.Dispose();
    }

    /// <summary>All numbers of values, paddings to a line, heartbeats with nothing: the sum stays neutral and the tag is right.</summary>
    [Fact]
    public void EveryTrailerCarriesTheRightTag()
    {
        int padded = 0;
        Gen.Select(Gen.Int[0, HostMaps.MaxValues], Gen.Int[0, 200], Gen.Bool, Gen.ULong, Gen.ULong).Sample(
            (values, payload, fills, k0, k1) =>
            {
                tagging.Use(new TrailerKey(k0, k1));
                kernel.State[0].Line = fills ? 64u : 0;
                for (int value = 0; value < values; value++)
                    kernel.Publish(64 + (3 * value), k0 * (ulong)value);
                byte[] frame = values == 0 ? Frames.Control((byte)ControlKind.Heartbeat) : Frames.Ipv4Udp(payload);
                byte[] trailer = Stamp(frame);
                Assert.True(TrailerTag.IsRight(trailer, new TrailerKey(k0, k1)), Convert.ToHexString(trailer));
                Assert.False(TrailerTag.IsRight(trailer, new TrailerKey(k0, ~k1)));
                TrailerReader reader = new(trailer);
                Assert.Equal(values, reader.Footer.Values);
                for (int value = 0; value < values; value++)
                    Assert.Equal(new ValueRecord((ushort)(64 + (3 * value)), (k0 * (ulong)value) & WireFormat.Mask48), reader.Value(value));
                padded += reader.Footer.Pad > 0 ? 1 : 0;
                for (int value = 0; value < values; value++)
                    kernel.SetLive(64 + (3 * value), 1, live: false);
            },
            iter: 3000,
            threads: 1);
        Assert.True(padded > 50, $"only {padded} trailers had padding");
    }

    [Fact]
    public void TagsTakeRoomFromValuesAndFromNothingElse()
    {
        for (int room = 24; room <= 80; room++)
        {
            kernel.State[0].MaxTrailer = (ushort)room;
            foreach (TrailerKey? key in (TrailerKey?[])[null, Key])
            {
                tagging.Use(key);
                kernel.Publish(8, 1, 2, 3, 4, 5, 6, 7, 8);
                ulong before = kernel.Count(EgressReason.NoSlack);
                byte[] left = kernel.Send(Frames.Arp());
                int expected = Math.Max(0, (room - WireFormat.FooterSize - (key is null ? 0 : WireFormat.TagSize)) / WireFormat.ValueSize);
                Assert.Equal(expected == 0 ? 1ul : 0, kernel.Count(EgressReason.NoSlack) - before);
                if (expected == 0)
                    Assert.Equal(Frames.Arp(), left);
                else
                    Assert.Equal(expected, new TrailerReader(left.AsSpan(42..)).Footer.Values);
            }
        }
    }

    [Fact]
    public void TrailersAreTaggedExactlyWhileThereIsAKeyAndTheNextKeyIsUsedAtOnce()
    {
        Assert.False(TrailerTag.IsThere(StampOne()));
        tagging.Use(Key);
        Assert.True(tagging.IsOn && TrailerTag.IsRight(StampOne(), Key));
        tagging.Use(Next);
        Assert.True(TrailerTag.IsRight(StampOne(), Next));
        tagging.Use(Key);
        Assert.True(TrailerTag.IsRight(StampOne(), Key));
        tagging.Use(null);
        Assert.False(tagging.IsOn || TrailerTag.IsThere(StampOne()));
    }

    /// <summary>Keys change as fast as they can while packets leave: each trailer has the tag of one key or the other, and never of half of each.</summary>
    [Fact]
    public void NoTrailerIsTaggedWithHalfAKey()
    {
        tagging.Use(Key);
        using CancellationTokenSource stop = new();
        Thread changer = new(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                tagging.Use(Next);
                Thread.SpinWait(2000);
                tagging.Use(Key);
                Thread.SpinWait(2000);
            }
        });
        changer.Start();
        int next = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] trailer = StampOne();
            bool isNext = TrailerTag.IsRight(trailer, Next);
            next += isNext ? 1 : 0;
            Assert.True(isNext || TrailerTag.IsRight(trailer, Key), $"round {round}");
        }

        stop.Cancel();
        changer.Join();
        Assert.InRange(next, 1, 19_999);
    }

    private byte[] StampOne()
    {
        kernel.Publish(8, 42);
        return Stamp(Frames.Ipv4Udp(10));
    }

    private byte[] Stamp(byte[] frame)
    {
        byte[] stamped = kernel.Send(frame);
        Assert.Equal(StripReason.Stripped, Trailer.Inspect(stamped, out int length));
        Assert.True(frame.AsSpan().SequenceEqual(stamped.AsSpan(..^length)));
        return stamped[^length..];
    }
}
