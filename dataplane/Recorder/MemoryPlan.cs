using OppTel.Recorder.Blocks;
using OppTel.Recorder.Queries;

namespace OppTel.Recorder;

/// <summary>How the configured memory is shared out.</summary>
internal sealed class MemoryPlan
{
    /// <summary>Least memory that a recorder works with.</summary>
    public const long Least = 64L << 20;

    /// <summary>Columns of the encoder, and what reads for requests: a copied block, its columns, its records twice.</summary>
    private const long Buffers = (6L << 20) + (Workspaces * (RawBlock.Bytes + (2L << 20) + (2 * RecordBuffer.Bytes)));

    /// <summary>Requests that read at the same time.</summary>
    public const int Workspaces = 2;

    /// <summary>Shares out so many bytes.</summary>
    public MemoryPlan(long memory)
    {
        RawBlocks = (int)Math.Clamp(memory / 16 / RawBlock.Bytes, 3, 32);
        Blocks = (int)Math.Min(BlockList.Capacity, memory / 2048);
        Fixed = Buffers + ((long)RawBlocks * RawBlock.Bytes) + (BlockList.Capacity * sizeof(long)) + ((long)Blocks * StoredBlock.Bytes);
        Series = Math.Min(memory / 4, (memory - Fixed) / 2);
        Arena = memory - Fixed - Series;
    }

    /// <summary>Blocks that records go to first.</summary>
    public int RawBlocks { get; }

    /// <summary>Stored blocks, at most.</summary>
    public int Blocks { get; }

    /// <summary>Bytes that are always taken.</summary>
    public long Fixed { get; }

    /// <summary>Bytes for what is known of series, at most.</summary>
    public long Series { get; }

    /// <summary>Bytes for stored blocks, at most.</summary>
    public long Arena { get; }
}
