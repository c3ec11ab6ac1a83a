using System.Diagnostics;

namespace OppTel.Wire.Tests;

/// <summary>
/// What the strip stage's judgement costs. Not a gate: it prints figures of the machine that it runs on, with
/// <c>dotnet run -c Release --project tests/Wire -- -explicit only -class OppTel.Wire.Tests.Timings -showLiveOutput</c>.
/// </summary>
public sealed class Timings(ITestOutputHelper output)
{
    private const int Rounds = 2_000_000;

    [Theory(Explicit = true)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(16)]
    [InlineData(32)]
    public void Inspect(int values)
    {
        byte[] plain = Frames.Ipv4(200);
        byte[] carrier = [.. plain, .. Frames.Trailer(Frames.Values(values))];
        byte[] trailer = carrier[plain.Length..];
        byte[] tagged = Frames.Vlan(carrier, EtherType.Vlan);
        Report($"{values,2} values: Inspect carrier       ", () => (int)Trailer.Inspect(carrier, out _));
        Report($"{values,2} values: Inspect VLAN carrier  ", () => (int)Trailer.Inspect(tagged, out _));
        Report($"{values,2} values: Inspect no trailer    ", () => (int)Trailer.Inspect(plain, out _));
        Report($"{values,2} values: Sum                   ", () => OnesComplement.Sum(trailer));
        byte[] signed = Frames.Trailer(Frames.Values(values), flags: TrailerFlags.Tag);
        TrailerKey key = new(1, 2);
        TrailerTag.Sign(signed, key);
        Report($"{values,2} values: verify the tag        ", () => TrailerTag.IsRight(signed, key) ? 1 : 0);
        Report($"{values,2} values: SumScalar             ", () => OnesComplement.SumScalar(trailer));
    }

    private void Report(string name, Func<int> call)
    {
        double best = double.MaxValue;
        int sink = 0;
        for (int attempt = 0; attempt < 5; attempt++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int round = 0; round < Rounds; round++)
                sink += call();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / Rounds);
        }

        output.WriteLine($"{name} {best:F2} ns ({sink & 1})");
    }
}
