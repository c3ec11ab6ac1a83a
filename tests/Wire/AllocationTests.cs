namespace OppTel.Wire.Tests;

/// <summary>Judging, reading and writing trailers allocates nothing.</summary>
public sealed class AllocationTests
{
    private const int Calls = 2_000_000;

    [Fact]
    public void MillionsOfCallsAllocateNothing()
    {
        byte[] frame = Frames.Vlan(Frames.Ipv6(100), EtherType.Vlan);
        ValueRecord[] values = Frames.Values(4);
        SampleRecord[] samples = [new SampleRecord(1, 0, 5, 6)];
        byte[] carrier = [.. frame, .. Frames.Trailer(values, samples)];
        byte[] broken = [.. carrier];
        broken[^30] ^= 1;

        ulong sum = Work(carrier, broken, values, samples, 1000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        sum += Work(carrier, broken, values, samples, Calls);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(0, allocated);
        Assert.NotEqual(0ul, sum);
    }

    private static ulong Work(byte[] carrier, byte[] broken, ValueRecord[] values, SampleRecord[] samples, int calls)
    {
        ulong sum = 0;
        for (int call = 0; call < calls; call++)
        {
            if (Trailer.Inspect(carrier, out int length) != StripReason.Stripped || Trailer.Inspect(broken, out _) != StripReason.BadChecksum)
                throw new InvalidOperationException("wrong verdict");
            TrailerReader reader = new(carrier.AsSpan(^length..));
            for (int index = 0; index < reader.Footer.Values; index++)
                sum += reader.Value(index).Raw;
            for (int index = 0; index < reader.Footer.Samples; index++)
                sum += reader.Sample(index).AgeNanoseconds;
            Footer footer = Footer.Create((ulong)call, 3, (uint)call, 5, (byte)values.Length, (byte)samples.Length, TrailerFlags.None, 0);
            TrailerWriter.Write(carrier.AsSpan(^length..), footer, values, samples);
        }

        return sum;
    }
}
