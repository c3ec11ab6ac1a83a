using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OppTel.Producers;

/// <summary>Numbers of <c>bpf/include/opptel/producer.h</c>.</summary>
internal static class ProducerProtocol
{
    /// <summary>Of the messages.</summary>
    internal const uint Version = 1;

    /// <summary>Bytes of a name or a label's value, with the zero byte.</summary>
    internal const int TextSize = 128;

    /// <summary>Bytes of a help text, with the zero byte.</summary>
    internal const int HelpSize = 256;

    /// <summary>Most labels of a series.</summary>
    internal const int Labels = 8;

    /// <summary>Most bytes of the names and values of a series' labels together.</summary>
    internal const int LabelBytes = 700;
}

/// <summary>The first word of each message. Source: <c>enum opptel_message_kind</c>.</summary>
internal enum MessageKind : uint
{
    /// <summary>The first message and no other.</summary>
    Hello = 1,

    /// <summary>Declares a series.</summary>
    Declare = 2,

    /// <summary>Ends a series.</summary>
    Withdraw = 3,
}

/// <summary>What a series is. Source: <c>enum opptel_metric_kind</c>.</summary>
internal enum CellKind : uint
{
    /// <summary>A total.</summary>
    Counter = 1,

    /// <summary>The newest value.</summary>
    Gauge = 2,

    /// <summary>One cell for each bucket.</summary>
    Histogram = 3,
}

/// <summary>How a cell holds its value. Source: <c>enum opptel_encoding</c>.</summary>
internal enum CellEncoding : uint
{
    /// <summary>The lower 48 bits.</summary>
    Unsigned = 1,

    /// <summary>Two's complement, the lower 48 bits.</summary>
    Signed = 2,

    /// <summary>IEEE 754, of which the upper 48 bits travel.</summary>
    Double = 3,
}

/// <summary>What becomes of a message. Source: <c>enum opptel_producer_verdict</c>, which explains them.</summary>
internal enum ProducerVerdict : uint
{
    Accepted = 0,
    BadMessage = 1,
    OtherVersion = 2,
    OutOfTurn = 3,
    BadName = 4,
    BadText = 5,
    BadLabels = 6,
    BadKind = 7,
    BadScale = 8,
    BadCells = 9,
    CellTaken = 10,
    SeriesTaken = 11,
    ReservedName = 12,
    OtherKind = 13,
    TooManyProducers = 14,
    TooOften = 15,
    NameTaken = 16,
    TooManyNames = 17,
    TooManySeries = 18,
    NotDeclared = 19,
    NoMap = 20,
    Silent = 21,
    Deaf = 22,
}

/// <summary>A zero-terminated name or value.</summary>
[InlineArray(ProducerProtocol.TextSize)]
internal struct ProducerText
{
    private byte first;
}

/// <summary>A zero-terminated help text.</summary>
[InlineArray(ProducerProtocol.HelpSize)]
internal struct ProducerHelp
{
    private byte first;
}

/// <summary>Labels up to the first without a name.</summary>
[InlineArray(ProducerProtocol.Labels)]
internal struct ProducerLabels
{
    private ProducerLabel first;
}

/// <summary>Source: <c>struct opptel_label</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProducerLabel
{
    /// <summary>Prometheus spelling.</summary>
    internal ProducerText Name;

    /// <summary>UTF-8.</summary>
    internal ProducerText Value;
}

/// <summary>Source: <c>struct opptel_hello</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProducerHello
{
    internal MessageKind Kind;

    /// <summary><see cref="ProducerProtocol.Version"/>.</summary>
    internal uint Version;

    /// <summary>Wanted.</summary>
    internal uint Cells;

    /// <summary>Zero.</summary>
    internal uint Reserved;

    /// <summary>The label "producer" of its series.</summary>
    internal ProducerText Name;
}

/// <summary>Source: <c>struct opptel_declare</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProducerDeclare
{
    internal MessageKind Kind;

    /// <summary>The first of the series' cells.</summary>
    internal uint Cell;

    internal CellKind Metric;
    internal CellEncoding Encoding;

    /// <summary>A cell's value times this is in the unit that the name says.</summary>
    internal double Scale;

    internal ProducerText Name;
    internal ProducerHelp Help;
    internal ProducerLabels Label;
}

/// <summary>Source: <c>struct opptel_withdraw</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProducerWithdraw
{
    internal MessageKind Kind;

    /// <summary>The first of the series' cells.</summary>
    internal uint Cell;
}

/// <summary>Source: <c>struct opptel_answer</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProducerAnswer
{
    /// <summary>Of the message.</summary>
    internal MessageKind Kind;

    internal ProducerVerdict Verdict;

    /// <summary>Of the message; 0 for a hello.</summary>
    internal uint Cell;

    /// <summary>That the producer has; where there were too many, how many it could have.</summary>
    internal uint Cells;
}
