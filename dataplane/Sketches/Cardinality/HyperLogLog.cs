namespace OppTel.Sketches.Cardinality;

/// <summary>
/// How many different keys there are, by HyperLogLog with 4096 registers: a standard error of 1.6 %. Up to about 768 keys it keeps registers
/// of a higher precision, is practically exact and takes 64 bytes to 4 KiB; then 8 KiB whatever comes.
/// </summary>
/// <remarks>One thread at a time. Adding allocates when memory grows, eight times in its life at most.</remarks>
public sealed class HyperLogLog
{
    /// <summary>Standard deviation of the relative error of a large estimate: 1.04 / sqrt(4096).</summary>
    public const double StandardError = 1.04 / 64;

    private SparseRegisters sparse = new();
    private byte[] dense = [];

    /// <summary>Whether there are so few keys that single ones are kept.</summary>
    public bool IsSparse { get; private set; } = true;

    /// <summary>Bytes of all registers.</summary>
    public int Bytes => sparse.Bytes + dense.Length;

    /// <summary>How many different keys were added, about.</summary>
    public double Estimate => IsSparse ? sparse.Estimate : DenseRegisters.Estimate(dense);

    /// <summary>Adds a key; the same one again changes nothing.</summary>
    /// <param name="key">Any number that stands for the key: neighbours may differ in one bit.</param>
    public void Add(ulong key)
    {
        ulong hash = Mix(key);
        if (IsSparse)
            Add(SparseRegisters.Encode(hash));
        else
            Raise(DenseRegisters.Decode(hash));
    }

    /// <summary>Adds the keys of another one; the result is the same as if all had been added here.</summary>
    public void Merge(HyperLogLog other)
    {
        if (other.IsSparse)
        {
            foreach (uint register in other.sparse.Slots)
            {
                if (register != 0)
                    Add(register);
            }

            return;
        }

        if (IsSparse)
            BecomeDense();
        DenseRegisters.Raise(dense, other.dense);
    }

    /// <summary>Forgets everything but its memory.</summary>
    public void Clear()
    {
        sparse.Clear();
        IsSparse = true;
    }

    /// <summary>Writes the 4096 registers, as they are or would be.</summary>
    /// <param name="registers">Room for 4096.</param>
    internal void CopyTo(Span<byte> registers)
    {
        if (!IsSparse)
        {
            dense.CopyTo(registers);
            return;
        }

        registers.Clear();
        foreach (uint register in sparse.Slots)
        {
            (int index, byte rank) = SparseRegisters.Decode(register);
            registers[index] = Math.Max(registers[index], register == 0 ? (byte)0 : rank);
        }
    }

    // The finaliser of SplitMix64 (variant 13 of Stafford): one to one, each bit of the key reaches all of the hash.
    private static ulong Mix(ulong key)
    {
        key += 0x9E3779B97F4A7C15;
        key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9;
        key = (key ^ (key >> 27)) * 0x94D049BB133111EB;
        return key ^ (key >> 31);
    }

    private void Add(uint register)
    {
        if (IsSparse && !sparse.TryAdd(register))
            BecomeDense();
        if (!IsSparse)
            Raise(SparseRegisters.Decode(register));
    }

    private void Raise((int Index, byte Rank) register) => dense[register.Index] = Math.Max(dense[register.Index], register.Rank);

    private void BecomeDense()
    {
        if (dense.Length == 0)
            dense = new byte[DenseRegisters.Count];
        CopyTo(dense);
        sparse.Clear();
        IsSparse = false;
    }
}
