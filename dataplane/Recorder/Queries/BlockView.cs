using OppTel.Recorder.Blocks;

namespace OppTel.Recorder.Queries;

/// <summary>One block as it was when a request began.</summary>
/// <param name="Sequence">Its number.</param>
/// <param name="Trailers">Of a raw block: how many count.</param>
/// <param name="From">The DPU's clock of the earliest record, in nanoseconds.</param>
/// <param name="To">No record is later.</param>
internal readonly record struct BlockView(long Sequence, int Trailers, long From, long To)
{
    /// <summary>All blocks with records of a time, oldest first.</summary>
    public static List<BlockView> Of(RecordHistory history, long from, long to)
    {
        List<BlockView> views = [];
        BlockList blocks = history.Store.Blocks;
        long open = history.Queue.Open;
        for (long number = blocks.First; number <= open; number++)
        {
            // A block that is stored meanwhile is in the list before its raw block is given up.
            BlockView view;
            if (number >= blocks.End && history.Queue[number].TryLook(number, out int count, out long earliest))
                view = new BlockView(number, count, earliest, long.MaxValue);
            else if (blocks[number] is { } block)
                view = new BlockView(number, 0, block.From, block.To);
            else
                continue;
            if (view.To >= from && view.From < to)
                views.Add(view);
        }

        return views;
    }

    /// <summary>Takes the wanted records of a time out of the block; nothing when it was forgotten meanwhile.</summary>
    public void Decode(RecordHistory history, Workspace workspace, SeriesSelection selection, long from, long to)
    {
        if (Trailers > 0 && history.Queue[Sequence].TryCopyTo(workspace.Raw, Sequence, Trailers))
        {
            BlockDecoder.Decode(workspace.Raw, selection, from, to, workspace.Found);
        }
        else if (history.Store.Blocks[Sequence] is { } block && history.Store.TryRead(block, ref workspace.Block, out ReadOnlySpan<byte> bytes)
            && workspace.Decoder.LooksAt(bytes, selection))
        {
            workspace.Decoder.Decode(bytes, from, to, workspace.Found);
        }
    }
}
