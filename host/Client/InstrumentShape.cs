using System.Diagnostics.Metrics;
using OppTel.Producers;

namespace OppTel.Client;

/// <summary>What becomes of an instrument.</summary>
internal static class InstrumentShape
{
    private static readonly Dictionary<string, double> NanosecondsIn = new(StringComparer.Ordinal) { ["s"] = 1e-9, ["ms"] = 1e-6, ["us"] = 1e-3, ["ns"] = 1, ["By"] = 1 };
    private const double Thousandth = 1e-3;

    /// <summary>The shape of its series; null for a kind that is not known.</summary>
    /// <param name="instrument">Any.</param>
    /// <param name="scales">Of histograms, by the names of instruments.</param>
    public static SeriesShape? Of(Instrument instrument, IReadOnlyDictionary<string, double> scales)
    {
        Type type = instrument.GetType();
        if (!type.IsGenericType)
            return null;
        bool isReal = type.GetGenericArguments()[0] is var number && (number == typeof(double) || number == typeof(float) || number == typeof(decimal));
        (CellKind Kind, bool IsSet)? found = type.GetGenericTypeDefinition() switch
        {
            var kind when kind == typeof(Counter<>) => (CellKind.Counter, false),
            var kind when kind == typeof(ObservableCounter<>) => (CellKind.Counter, true),
            var kind when kind == typeof(UpDownCounter<>) => (CellKind.Gauge, false),
            var kind when kind == typeof(Gauge<>) || kind == typeof(ObservableGauge<>) || kind == typeof(ObservableUpDownCounter<>) => (CellKind.Gauge, true),
            var kind when kind == typeof(Histogram<>) => (CellKind.Histogram, false),
            _ => null,
        };
        if (found is not ({ } metric, var isSet))
            return null;
        CellEncoding whole = metric == CellKind.Gauge ? CellEncoding.Signed : CellEncoding.Unsigned;
        bool isHistogram = metric == CellKind.Histogram;
        double scale = isHistogram ? ScaleOf(instrument, scales) : 1;
        return new SeriesShape(
            PrometheusNames.Metric(instrument.Name, instrument.Unit, metric),
            HelpOf(instrument),
            metric,
            isReal && !isHistogram ? CellEncoding.Double : whole,
            scale,
            isSet,
            1 / scale);
    }

    private static double ScaleOf(Instrument instrument, IReadOnlyDictionary<string, double> scales) =>
        scales.TryGetValue(instrument.Name, out double scale) && double.IsFinite(scale) && scale > 0 ? scale : NanosecondsIn.GetValueOrDefault(instrument.Unit ?? "", Thousandth);

    private static string HelpOf(Instrument instrument)
    {
        string help = string.IsNullOrEmpty(instrument.Description) ? $"{instrument.Name} of the meter {instrument.Meter.Name}." : instrument.Description;
        // A character has at most three bytes for each of its units.
        return help.Length * 3 < ProducerProtocol.HelpSize ? help : string.Concat(help.AsSpan(0, (ProducerProtocol.HelpSize / 3) - 4), "...");
    }
}
