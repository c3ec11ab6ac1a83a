using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics.Agreement;

/// <summary>The program that makes loads, in C, because a load of known size has to do nothing besides.</summary>
internal static class LoadProgram
{
    private static readonly Lazy<string> Built = new(Build);

    /// <summary>Where it is; without arguments it ends at once.</summary>
    public static string Path => Built.Value;

    private static string Build()
    {
        string program = System.IO.Path.Combine(AppContext.BaseDirectory, "load");
        Command.Run("cc", "-O2", "-static", "-o", program, System.IO.Path.Combine(Repository.Root, "tests/EndToEnd/Metrics/Agreement/load.c")).Expect();
        return program;
    }
}
