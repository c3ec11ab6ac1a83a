using CsCheck;

namespace OppTel.Sketches.Tests.HeavyHitters;

/// <summary>Streams of keys with weights that are hard for a summary of few keys; weights are whole, so that sums are exact.</summary>
internal static class KeyStreams
{
    /// <summary>All distinct, in turn, of very unequal frequency, heavy ones at the end, keys that share their hash.</summary>
    public static readonly Gen<(ulong Key, double Weight)[]> Any = Gen.OneOf(
        Of(Gen.Int[0, 1000], index => (ulong)index),
        Of(Gen.Int[1, 30], (index, rotation) => (ulong)(index % rotation)),
        Gen.Select(Gen.Double[0, 1], Gen.Int[1, 5]).Select((place, weight) => ((ulong)Math.Pow(200, place), (double)weight)).Array[0, 1000],
        Of(Gen.Int[0, 1000], (index, length) => index > length * 3 / 4 ? 7 : (ulong)index),
        Gen.ULong[0, 40].Select(key => (key * 0x1_0000_0001, 1.0)).Array[0, 500]);

    private static Gen<(ulong, double)[]> Of(Gen<int> lengths, Func<int, ulong> key) => Of(lengths, (index, _) => key(index));

    private static Gen<(ulong, double)[]> Of(Gen<int> parameters, Func<int, int, ulong> key) => Gen.Select(parameters, Gen.Int[1, 5]).Select((parameter, weight) =>
        Enumerable.Range(0, 1000).Select(index => (key(index, parameter), (double)(1 + (index % weight)))).ToArray());
}
