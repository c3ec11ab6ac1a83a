using OppTel.Telemetry;
using OppTel.Wire;
using OppTel.Wire.Tunnels;

namespace OppTel.Dataplane.Replay;

/// <summary>Receives every carrier of a replay.</summary>
internal interface ICarrierSink
{
    /// <summary>Takes one trailer.</summary>
    /// <param name="frame">Number of the frame in the capture, counted from 0.</param>
    /// <param name="trailer">Valid until the call returns.</param>
    void Take(ulong frame, in TrailerReader trailer);
}

/// <summary>Judges frame after frame as a worker does, and follows the streams as the aggregator does.</summary>
/// <param name="sink">Takes the trailers.</param>
internal sealed class Replayer(ICarrierSink sink)
{
    private readonly ulong[] rejected = new ulong[StripReasons.Count];

    /// <summary>Frames of the capture.</summary>
    public ulong Packets { get; private set; }

    /// <summary>Frames that carried a trailer.</summary>
    public ulong Carriers { get; private set; }

    /// <summary>Control frames, which do not leave the dataplane.</summary>
    public ulong Control { get; private set; }

    /// <summary>Frames of which the capture does not hold every byte: their end cannot be seen.</summary>
    public ulong CapturedShort { get; private set; }

    /// <summary>Frames of a capture of another link type.</summary>
    public ulong NotEthernet { get; private set; }

    /// <summary>Streams of the capture. Their number has 16 bits, so all fit.</summary>
    public StreamTracker Streams { get; } = new(ushort.MaxValue + 1);

    /// <summary>Every reason that was counted, with its count; what cannot be judged is among them.</summary>
    public IEnumerable<(string Reason, ulong Count)> Rejected =>
        rejected.Select((count, reason) => (((StripReason)reason).Label(), count))
            .Append(("captured_short", CapturedShort))
            .Append(("not_ethernet", NotEthernet))
            .Where(entry => entry.Item2 != 0);

    /// <summary>Judges the next frame.</summary>
    /// <param name="frame">Its bytes.</param>
    /// <param name="isWhole">Whether these are all.</param>
    /// <param name="isEthernet">Whether it is an Ethernet frame.</param>
    /// <param name="cut">Bytes that come off its end.</param>
    /// <param name="outer">What is around a trailer in a tunnel; fragments are not put together.</param>
    /// <returns>Whether it leaves the dataplane.</returns>
    public bool Judge(ReadOnlySpan<byte> frame, bool isWhole, bool isEthernet, out int cut, out OuterHeaders outer)
    {
        ulong number = Packets++;
        (cut, outer) = (0, default);
        if (!isEthernet)
        {
            NotEthernet++;
            return true;
        }

        if (!isWhole)
        {
            CapturedShort++;
            return true;
        }

        StripReason reason = Trailer.Inspect(frame, TunnelPorts.Default, out cut, out outer);
        if (reason == StripReason.Stripped)
            Accept(number, frame[^cut..]);
        else if (reason != StripReason.NoTrailer)
            rejected[(int)reason]++;
        if (!ControlFrame.IsOurs(frame))
            return true;
        Control++;
        return false;
    }

    private void Accept(ulong number, ReadOnlySpan<byte> bytes)
    {
        TrailerReader trailer = new(bytes);
        Carriers++;
        Streams.Observe(trailer.Footer);
        sink.Take(number, trailer);
    }
}
