using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OppTel.Aggregator.Collecting;
using OppTel.Aggregator.Draining;
using OppTel.Aggregator.Exposition;
using OppTel.Aggregator.Web;
using OppTel.Configuration;
using OppTel.Exports;
using OppTel.Telemetry;
using OppTel.Triggers;

namespace OppTel.Aggregator.Commands;

/// <summary><c>opptel-aggregator run</c>: drains and serves until SIGTERM or SIGINT.</summary>
internal sealed class RunCommand
{
    /// <summary>The command line.</summary>
    public static Command Create()
    {
        Option<string> file = OperatorProgram.ConfigurationFile(AggregatorConfiguration.DefaultPath);
        Command command = new("run", "Drain the dataplane's segment and serve the series over HTTP.") { file };
        command.SetAction(async (result, cancellation) =>
        {
            AggregatorConfiguration configuration = AggregatorConfiguration.Load(result.GetRequiredValue(file));
            using KeyBook keys = configuration.LoadKeys();
            return await Execute(configuration, keys).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> Execute(AggregatorConfiguration configuration, KeyBook keys)
    {
        if (configuration.SegmentPath is { } path)
            Attachment.CheckAccess(path);
        ExceptionDispatchInfo? failure = null;
        HashSet<string> reserved = [.. Families.Reserved];
        ulong retention = (ulong)configuration.Retention.Ticks * 100;
        using RecorderSetup recorder = new(configuration.Recorder);
        using SeriesSetup series = new(configuration, reserved, recorder.Sinks);
        Receiver receiver = CollectorSetup.Receiver(configuration.Collector, series.Table, keys.Common);

        Access access = new(configuration.Access);
        WebApplication app = WebHost.Build(configuration, access);
        await using (app.ConfigureAwait(false))
        {
            void Fail(Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
                app.Lifetime.StopApplication();
            }

            using CollectorListener? listener = CollectorSetup.Listen(
                configuration.Collector, keys.Common, app.Services.GetRequiredService<ILogger<CollectorListener>>(), Fail);
            using DrainLoop drain = new(configuration.SegmentPath, receiver, app.Services.GetRequiredService<ILogger<DrainLoop>>(), Fail)
            {
                KeyOfPair = pair => keys.Of(configuration.PairKeys.GetValueOrDefault(pair)),
                Collector = listener is null ? null : new Collector(listener, keys.Common, receiver),
            };
            using KeyWatch keyWatch = new(keys, app.Services.GetRequiredService<ILogger<KeyWatch>>());
            using AnomalyService anomalies = new(configuration.Anomalies, receiver.Series, Fail);
            await using TriggerRunner triggers = TriggerSetup.Create(
                configuration.Triggers, receiver, drain.Boosts, anomalies, recorder.HistoryDump,
                app.Services.GetRequiredService<ILogger<TriggerRunner>>(), Fail);
            PageComposer composer = new(
                drain, receiver, retention,
                [
                    writer => KeySection.Write(writer, keys),
                    writer => TransportSection.Write(writer, receiver, drain.Collector),
                    writer => RecorderSection.Write(writer, recorder.History),
                    writer => EntitySection.Write(writer, series.Tally.Counts),
                    writer => AnomalySection.Write(writer, anomalies),
                    writer => TriggerSection.Write(writer, triggers),
                ]);
            PushExports exports = ExportsSetup.Create(configuration.Exports, composer, receiver, app.Services.GetRequiredService<ILogger<PushExports>>());
            await using ConfiguredAsyncDisposable exportsUse = exports.ConfigureAwait(false);
            using MetricsPage page = new(composer);
            access.Guard(app);
            WebServer.Map(app, drain, receiver, page);
            recorder.Map(app);
            WindowApi.Map(app, series.Table, series.Distributions, retention);
            AnomalyApi.Map(app, anomalies);
            TriggerApi.Map(app, triggers);
            await WebHost.Listen(app, configuration).ConfigureAwait(false);
            access.Warn(app.Services.GetRequiredService<ILogger<Access>>(), configuration.Listen);
            recorder.Start(app);
            series.Start(app, Fail);
            drain.Start();
            listener?.Start();
            exports.Start();
            anomalies.Start();
            triggers.Start();
            using Watchdog watchdog = new(app.Services, () => drain.IsAlive);
            await app.WaitForShutdownAsync().ConfigureAwait(false);
        }

        failure?.Throw();
        return ExitCode.Ok;
    }
}
