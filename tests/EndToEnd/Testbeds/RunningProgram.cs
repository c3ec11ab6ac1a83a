using System.Diagnostics;
using System.Text;

namespace OppTel.EndToEnd.Tests.Testbeds;

/// <summary>A program that runs beside the test; it is killed at the latest when its testbed goes.</summary>
internal sealed class RunningProgram : IDisposable
{
    private readonly Process process;
    private readonly StringBuilder log = new();

    public RunningProgram(string program, IEnumerable<string> arguments)
    {
        process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    /// <summary>Both outputs so far.</summary>
    public string Log
    {
        get
        {
            lock (log)
                return log.ToString();
        }
    }

    /// <summary>kill -9, and waits for the end.</summary>
    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>Sends SIGTERM and waits for a clean end.</summary>
    public void Terminate()
    {
        Signal("TERM");
        Assert.True(process.WaitForExit(Poll.Patience), $"SIGTERM does not end it:\n{Log}");
        Assert.True(process.ExitCode == 0, $"ended with {process.ExitCode}:\n{Log}");
    }

    public void Signal(string name) => Command.Run("kill", $"-{name}", $"{Id}").Expect();

    /// <summary>Waits for an end that the program comes to by itself.</summary>
    public int WaitForExit()
    {
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(3)), Log);
        return process.ExitCode;
    }

    public void Dispose()
    {
        if (!process.HasExited)
            Kill();
        process.Dispose();
    }

    private void Append(string? line)
    {
        lock (log)
            log.AppendLine(line);
    }
}
