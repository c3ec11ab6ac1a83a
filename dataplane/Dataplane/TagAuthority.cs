using System.Runtime.InteropServices;
using OppTel.Wire;
using OppTel.Worker;

namespace OppTel.Dataplane;

/// <summary>
/// Keeps the keys of one port's tags: those of the host daemon that the beacons name, under each of the port's keys. A daemon tags only what it
/// sends behind a beacon that names it, so its keys are there before its first trailer. Allocates nothing after construction.
/// </summary>
internal sealed unsafe class TagAuthority : IDisposable
{
    private readonly ControlKey key;
    private IReadOnlyList<SecretKey>? known;
    private ulong instance;

    /// <summary>An authority with no keys yet: every trailer is refused.</summary>
    /// <param name="key">The port's keys.</param>
    public TagAuthority(ControlKey key)
    {
        this.key = key;
        Table = (TagTable*)NativeMemory.AlignedAlloc((nuint)sizeof(TagTable), 128);
        *Table = default;
    }

    /// <summary>What workers read.</summary>
    public TagTable* Table { get; private set; }

    /// <summary>Control thread: the beacons name this host daemon now; 0, as when its aggregator has just started, changes nothing.</summary>
    public void Follow(ulong host)
    {
        IReadOnlyList<SecretKey> keys = key.Keys;
        if (host == 0)
            host = instance;
        if (host == 0 || (host == instance && ReferenceEquals(keys, known)))
            return;
        (instance, known) = (host, keys);
        Table->Write(new TagKeys(keys.Count, keys[0].TrailerKey(host), keys.Count > 1 ? keys[1].TrailerKey(host) : default));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(Table);
        Table = null;
    }
}
