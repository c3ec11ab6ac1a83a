using System.Text.Json;
using OppTel.Telemetry;
using OppTel.Wire;

namespace OppTel.Dataplane.Replay;

/// <summary>
/// One JSON object on a stream. Records go out as they come, so that memory does not grow with the capture; the totals,
/// known at the end, follow them.
/// </summary>
internal sealed class JsonReport : ICarrierSink, IDisposable
{
    private const int FlushBytes = 64 * 1024;

    private readonly Stream output;
    private readonly Utf8JsonWriter json;

    /// <summary>Begins the object.</summary>
    public JsonReport(Stream output)
    {
        this.output = output;
        json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteStartArray("records"u8);
    }

    /// <inheritdoc/>
    public void Take(ulong frame, in TrailerReader trailer)
    {
        Footer footer = trailer.Footer;
        for (int index = 0; index < footer.Samples; index++)
        {
            SampleRecord sample = trailer.Sample(index);
            BeginRecord(frame, footer, sample.Slot, sample.Raw);
            json.WriteNumber("age_ns"u8, sample.AgeNanoseconds);
            json.WriteEndObject();
        }

        for (int index = 0; index < footer.Values; index++)
        {
            ValueRecord value = trailer.Value(index);
            BeginRecord(frame, footer, value.Slot, value.Raw);
            json.WriteEndObject();
        }

        if (json.BytesPending > FlushBytes)
            json.Flush();
    }

    /// <summary>Writes the totals and ends the object.</summary>
    public void Complete(Replayer replayer)
    {
        json.WriteEndArray();
        json.WriteNumber("packets"u8, replayer.Packets);
        json.WriteNumber("carriers"u8, replayer.Carriers);
        json.WriteStartObject("rejected"u8);
        foreach ((string reason, ulong count) in replayer.Rejected)
            json.WriteNumber(reason, count);
        json.WriteEndObject();
        json.WriteStartArray("streams"u8);
        foreach (StreamCounts counts in replayer.Streams.Senders())
            WriteStream(counts);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        output.Write("\n"u8);
        output.Flush();
    }

    /// <summary>Releases the writer's buffer.</summary>
    public void Dispose() => json.Dispose();

    private void BeginRecord(ulong frame, in Footer footer, ushort slot, ulong value)
    {
        json.WriteStartObject();
        json.WriteNumber("frame"u8, frame);
        json.WriteNumber("stream"u8, footer.Stream);
        json.WriteNumber("sequence"u8, footer.Sequence);
        json.WriteNumber("time_ns"u8, footer.Time);
        json.WriteNumber("slot"u8, slot);
        json.WriteNumber("value"u8, value);
    }

    /// <summary>Nothing comes behind the end of a capture: what is missing then is lost.</summary>
    private void WriteStream(in StreamCounts counts)
    {
        json.WriteStartObject();
        json.WriteNumber("stream"u8, counts.Stream);
        json.WriteNumber("epoch"u8, counts.Epoch);
        json.WriteNumber("received"u8, counts.Received);
        json.WriteNumber("lost"u8, counts.Lost + (ulong)counts.Missing);
        json.WriteNumber("duplicate"u8, counts.Duplicate);
        json.WriteNumber("reordered"u8, counts.Reordered);
        json.WriteEndObject();
    }
}
