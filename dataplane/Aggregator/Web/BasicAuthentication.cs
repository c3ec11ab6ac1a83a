using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OppTel.Configuration;

namespace OppTel.Aggregator.Web;

/// <summary>
/// Lets one user in, by name and password (RFC 7617). <c>/healthz</c> and <c>/readyz</c> stay open: what asks there has no password, and
/// learns nothing else.
/// </summary>
/// <param name="configuration">Who.</param>
internal sealed class BasicAuthentication(BasicAuthConfiguration configuration)
{
    /// <summary>A password that can be guessed over the network is none.</summary>
    private const int LeastLength = 8;

    private readonly Renewed<byte[]> secret = new([configuration.PasswordFile], () => Load(configuration));

    /// <summary>Answers everybody else with 401.</summary>
    public void Guard(WebApplication app) => app.Use((context, next) =>
        IsOpen(context.Request.Path) || IsUser(context.Request.Headers.Authorization, app.Logger) ? next(context) : Refuse(context));

    /// <summary>Whether a request carries the name and the password; takes the same time for every wrong one.</summary>
    /// <param name="authorization">The header's value.</param>
    /// <param name="logger">Hears that the password changed.</param>
    public bool IsUser(string? authorization, ILogger logger)
    {
        byte[] expected = secret.Current(logger);
        Span<byte> given = stackalloc byte[1024];
        if (!AuthenticationHeaderValue.TryParse(authorization, out AuthenticationHeaderValue? header)
            || !header.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)
            || !Convert.TryFromBase64String(header.Parameter ?? "", given, out int length))
            return false;
        // Hashes are equally long, so that the comparison does not tell the password's length.
        return CryptographicOperations.FixedTimeEquals(SHA256.HashData(given[..length]), expected);
    }

    /// <summary>Whether anybody may ask for a path.</summary>
    internal static bool IsOpen(PathString path) => path == "/healthz" || path == "/readyz";

    private static Task Refuse(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = "Basic realm=\"OppTel\", charset=\"UTF-8\"";
        return Task.CompletedTask;
    }

    private static byte[] Load(BasicAuthConfiguration configuration)
    {
        string password = SecretFile.ReadAllText("password file", configuration.PasswordFile).TrimEnd('\r', '\n');
        if (password.Length < LeastLength)
        {
            throw new OperatorException(
                ExitCode.Configuration,
                $"the password in {configuration.PasswordFile} has {password.Length} characters, {LeastLength} are the least; "
                + $"make one with: openssl rand -base64 24 > {configuration.PasswordFile}");
        }

        return SHA256.HashData(Encoding.UTF8.GetBytes($"{configuration.User}:{password}"));
    }
}
