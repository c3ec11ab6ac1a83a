namespace OppTel.EndToEnd.Tests.Testbeds.Links;

/// <summary>What a link does to the frames of one direction. Probabilities are of each frame, from 0 to 1.</summary>
internal sealed record LinkFaults
{
    /// <summary>Every frame arrives, at once and in order.</summary>
    public static LinkFaults None { get; } = new();

    /// <summary>Nothing arrives.</summary>
    public static LinkFaults Cut { get; } = new() { Loss = 1 };

    /// <summary>Frames that do not arrive.</summary>
    public double Loss { get; init; }

    /// <summary>Frames that arrive twice, one behind the other.</summary>
    public double Duplication { get; init; }

    /// <summary>Frames that some of those behind them overtake: 1 to <see cref="LinkDirection.LongestOvertaking"/>.</summary>
    public double Reordering { get; init; }

    /// <summary>
    /// Frames of which one bit, anywhere, is changed. A real wire has a CRC over the frame, and its receiver drops nearly all such frames: what
    /// arrives changed was changed behind that, in a switch or a NIC.
    /// </summary>
    public double Corruption { get; init; }

    /// <summary>What every frame is late by.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>What frames are late by besides, at random up to this; they do not overtake each other for it.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Frames that all this happens to; others pass. Null: all frames.</summary>
    public Func<ReadOnlySpan<byte>, bool>? Only { get; init; }

    /// <summary>For <see cref="Only"/>: frames with a trailer.</summary>
    public static bool Stamped(ReadOnlySpan<byte> frame) => TrailerIdentity.TryRead(frame, out _);
}
