using System.CommandLine;

namespace OppTel.Configuration;

/// <summary>What the command lines of all OppTel programs share.</summary>
public static class OperatorProgram
{
    /// <summary>The option that names the configuration file; a new instance for one command.</summary>
    /// <param name="defaultPath">Where the file is when the option is not given.</param>
    public static Option<string> ConfigurationFile(string defaultPath) => new("--config", "-c")
    {
        Description = "Configuration file.",
        HelpName = "FILE",
        DefaultValueFactory = _ => defaultPath,
    };

    /// <summary>Runs the command that the arguments ask for; what an operator can put right is one message on stderr.</summary>
    /// <param name="name">Name of the program, in front of its messages.</param>
    /// <param name="root">All commands.</param>
    /// <param name="args">The command line.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(string name, RootCommand root, string[] args)
    {
        ArgumentNullException.ThrowIfNull(root);
        try
        {
            ParseResult parsed = root.Parse(args);
            // Those commands that have to end in order handle the signals themselves.
            int code = parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
            return parsed.Errors.Count == 0 ? code : ExitCode.Usage;
        }
        catch (OperatorException exception)
        {
            Console.Error.WriteLine($"{name}: {exception.Message}");
            return exception.ExitCode;
        }
        catch (ConfigurationException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return ExitCode.Configuration;
        }
    }
}
