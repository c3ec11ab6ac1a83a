using System.Globalization;

namespace OppTel.Host.Survey;

/// <summary>One line on a terminal that shows how far a survey is; nothing where there is no terminal.</summary>
/// <param name="output">The terminal.</param>
/// <param name="isTerminal">Whether it is one.</param>
/// <param name="duration">How long it is to take.</param>
internal sealed class ProgressBar(TextWriter output, bool isTerminal, TimeSpan duration)
{
    private const int Width = 24;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private TimeSpan shown = TimeSpan.MinValue;

    /// <summary>Whether standard error is a terminal that understands more than lines.</summary>
    public static bool IsTerminal => !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    /// <summary>Shows where the survey is, a few times a second.</summary>
    public void Show(SurveyProgress progress)
    {
        if (!isTerminal || (shown != TimeSpan.MinValue && progress.Elapsed - shown < Interval))
            return;
        shown = progress.Elapsed;
        double share = Math.Min(1, progress.Elapsed / duration), seconds = progress.Elapsed.TotalSeconds;
        string left = string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, (duration - progress.Elapsed).TotalSeconds):0} s left");
        output.Write($"\r{TextReport.Bar(share, Width).Replace(' ', '░')} {left}, {Figures.Rate(progress.Packets / seconds)} packets/s, {Figures.Rate(progress.Carriers / seconds)} carriers/s\e[K");
        output.Flush();
    }

    /// <summary>Takes the line away.</summary>
    public void Clear()
    {
        if (isTerminal)
            output.Write("\r\e[K");
    }
}
