using OppTel.Bpf;
using OppTel.Wire;

namespace OppTel.Host.Control;

/// <summary>
/// Tells the egress program whether it tags trailers, and with which key. There are two places for keys: a new one goes to the place that is not
/// in use, so no program ever reads half of one.
/// </summary>
internal sealed class TrailerTagging(MappedArray<HostState> state, MappedArray<HostTagKeys> keys)
{
    private TrailerKey? current;

    /// <summary>Whether trailers carry tags.</summary>
    public bool IsOn => current is not null;

    /// <summary>Tags with this key from now on; null: not at all.</summary>
    public void Use(TrailerKey? key)
    {
        if (key == current)
            return;
        uint place = state[0].Tag == 1 ? 2u : 1u;
        if (key is { } words)
        {
            keys[0].Word[2 * ((int)place - 1)] = words.Word0;
            keys[0].Word[(2 * ((int)place - 1)) + 1] = words.Word1;
        }

        // A release: whoever reads the number finds the words.
        Volatile.Write(ref state[0].Tag, key is null ? 0 : place);
        current = key;
    }
}
