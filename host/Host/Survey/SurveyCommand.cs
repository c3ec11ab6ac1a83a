using System.CommandLine;
using System.Runtime.InteropServices;
using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Host.Scheduling;
using OppTel.Host.Survey.Page;

namespace OppTel.Host.Survey;

/// <summary>The command <c>survey</c>: counts what could carry, and reports it as text, as JSON or as a page.</summary>
internal sealed class SurveyCommand : Command
{
    private const int MostEstimates = 8;

    private readonly Option<string> device = new("--interface", "-i") { Description = "Interface whose egress is counted.", HelpName = "IF", Required = true };
    private readonly DurationOption duration = new("--duration", "How long.", "60s", TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(24));
    private readonly NumbersOption metrics = new("--metrics", "Numbers of metrics to estimate for.", "100,1000,10000", MostEstimates, 1, HostMaps.Slots);
    private readonly NumbersOption trailer = new(
        "--max-trailer", "Longest trailer in bytes.", $"{HostConfiguration.DefaultMaxTrailer}", 1, HostConfiguration.LeastMaxTrailer, HostConfiguration.MostMaxTrailer);

    private readonly NumbersOption values = new("--max-values", "Most values in a trailer.", $"{HostConfiguration.DefaultMaxValues}", 1, 1, HostMaps.MaxValues);
    private readonly DurationOption gap = new("--min-gap", "Least time between two trailers of a CPU.", "0s", TimeSpan.Zero, TimeSpan.FromSeconds(1));
    private readonly DurationOption maxAge = new(
        "--max-age",
        "Heartbeats keep metrics younger than this; 0s: there are none.",
        Quantity.Format(MetricClass.Defaults[1].MaxAge),
        TimeSpan.Zero,
        TimeSpan.FromSeconds(10));

    private readonly Option<string> attach = new("--attach") { Description = "How to attach; auto is tcx where the kernel has it.", DefaultValueFactory = _ => "auto" };
    private readonly Option<string> directory = new("--bpf-directory") { Description = "Folder of the BPF objects.", HelpName = "FOLDER" };
    private readonly Option<bool> json = new("--json") { Description = "Print one JSON object." };
    private readonly Option<string?> html = new("--html") { Description = "Write the report also as a page, one file that needs nothing else.", HelpName = "FILE" };

    /// <summary>The command with its options.</summary>
    public SurveyCommand()
        : base(
            "survey",
            """
            Count which packets could carry metrics, and estimate how old these would get, before anything is appended.

            Examples:
              opptel-host survey --interface eth0
              opptel-host survey --interface eth0 --duration 10m --metrics 500,5000 --json
              opptel-host survey --interface eth0 --html survey.html
            """)
    {
        attach.AcceptOnlyFromAmong("auto", "tcx", "clsact");
        foreach (Option option in (Option[])[device, duration, metrics, trailer, values, gap, maxAge, attach, directory, json, html])
            Add(option);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        SurveyOptions options = new()
        {
            Interface = parsed.GetRequiredValue(device),
            Duration = duration.In(parsed),
            Metrics = [.. metrics.In(parsed).Distinct().Order()],
            Budget = new TrailerBudget(trailer.In(parsed)[0], values.In(parsed)[0]),
            MinGap = gap.In(parsed),
            MaxAge = maxAge.In(parsed),
            Attach = Enum.Parse<AttachMode>(parsed.GetRequiredValue(attach), ignoreCase: true),
            BpfDirectory = parsed.GetValue(directory) ?? HostConfiguration.DefaultBpfDirectory,
        };
        using OutputFile? page = parsed.GetValue(html) is { } path ? OutputFile.Reserve(path) : null;
        SurveyReport report = Measure(options);
        if (parsed.GetValue(json))
            Console.WriteLine(ReportJson.Write(report));
        else
            new TextReport(Console.Out, !Console.IsOutputRedirected).Write(report);
        page?.Write(PageReport.Write(report));
        if (report.Ended == SurveyEnd.InterfaceGone)
            throw new OperatorException(
                ExitCode.Unavailable, $"{options.Interface} went away after {Figures.Duration(report.DurationSeconds)}; the report is of what was seen until then");
        return ExitCode.Ok;
    }

    /// <summary>Counts. The first signal ends it early, a second one at once.</summary>
    private static SurveyReport Measure(SurveyOptions options)
    {
        using CancellationTokenSource stop = new();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using Surveyor surveyor = new(options);
        ProgressBar bar = new(Console.Error, ProgressBar.IsTerminal, options.Duration);
        try
        {
            return surveyor.Run(bar.Show, stop.Token);
        }
        finally
        {
            bar.Clear();
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }
}
