using OppTel.Anomaly;
using OppTel.Exports;
using OppTel.Telemetry;

namespace OppTel.Aggregator.Exposition;

/// <summary>The part of the exposition about anomalies.</summary>
internal static class AnomalySection
{
    /// <summary>Writes models and the cost of looking; nothing when nobody looks.</summary>
    public static void Write(MetricWriter writer, AnomalyService anomalies)
    {
        if (!anomalies.Enabled)
            return;
        AnomalyEngine engine = anomalies.Engine;
        IReadOnlyList<AnomalyModel> models = engine.Models, warm = [.. models.Where(model => model.IsWarm)];
        ForEach(writer, Families.AnomalyScore, warm, model => model.Score);
        ForEach(writer, Families.AnomalyThreshold, warm, model => model.Threshold);
        ForEach(writer, Families.Anomalies, models, model => model.Alarms);
        Write(writer, Families.AnomalyModels, models.Count);
        Write(writer, Families.AnomalyModelsLimit, engine.MaxModels);
        Write(writer, Families.AnomalySeriesLeftOut, engine.LeftOut);
        Write(writer, Families.AnomalySteps, anomalies.Loop.Steps);
        Write(writer, Families.AnomalyStepsLate, anomalies.Loop.Late);
        Write(writer, Families.AnomalyStepsMissed, anomalies.Loop.Missed);
        Write(writer, Families.AnomalyStepTime, anomalies.Loop.BusySeconds);
        writer.Begin(Families.AnomalyDetection);
        writer.Histogram([.. DetectionTimes.UpperBounds], engine.Times.Counts(), engine.Times.Sum);
    }

    private static void Write(MetricWriter writer, MetricFamily family, double value)
    {
        writer.Begin(family);
        writer.Sample(value);
    }

    /// <summary>A label that is empty is one that is not there: the model of a whole host has none.</summary>
    private static void ForEach(MetricWriter writer, MetricFamily family, IReadOnlyList<AnomalyModel> models, Func<AnomalyModel, double> value)
    {
        writer.Begin(family);
        foreach (AnomalyModel model in models)
        {
            if (model.Cgroup is null)
                writer.Sample(value(model), ("host", model.Host));
            else
                writer.Sample(value(model), ("host", model.Host), ("cgroup", model.Cgroup));
        }
    }
}
