using OppTel.Host.Samplers;

namespace OppTel.Host.Tests.Daemon;

/// <summary>Keeps what readers store.</summary>
internal sealed class RecordingStore : ISlotStore
{
    private readonly Dictionary<uint, ulong> values = [];

    /// <summary>The last value of a slot.</summary>
    public ulong this[uint slot] => values[slot];

    public void Store(uint firstSlot, ReadOnlySpan<ulong> values)
    {
        for (int index = 0; index < values.Length; index++)
            this.values[firstSlot + (uint)index] = values[index];
    }
}
