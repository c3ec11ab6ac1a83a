namespace OppTel.Segment;

/// <summary>
/// One writer, any readers, in shared memory. A writer that died half-way leaves the number odd: readers then report
/// failure instead of waiting, and the next writer makes it even again.
/// </summary>
public static class SequenceLock
{
    private const int Attempts = 16;

    /// <summary>Marks the structure as being written.</summary>
    public static void BeginWrite(ref uint sequence)
    {
        Volatile.Write(ref sequence, sequence | 1);
        // The odd number is visible before any of the data.
        Interlocked.MemoryBarrier();
    }

    /// <summary>Publishes what was written.</summary>
    public static void EndWrite(ref uint sequence) => Volatile.Write(ref sequence, (sequence | 1) + 1);

    /// <summary>Copies <paramref name="source"/> when no write interferes; false after a bounded number of attempts.</summary>
    public static unsafe bool TryCopy(in HostView source, out HostView copy)
    {
        fixed (HostView* view = &source)
        {
            for (int attempt = 0; attempt < Attempts; attempt++)
            {
                uint before = Volatile.Read(ref view->Sequence);
                if ((before & 1) != 0)
                    continue;
                copy = *view;
                // All loads of the data are done before the number is read again.
                Interlocked.MemoryBarrier();
                if (Volatile.Read(ref view->Sequence) == before)
                    return true;
            }
        }

        copy = default;
        return false;
    }
}
