using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OppTel.Configuration;

namespace OppTel.Aggregator.Tests;

/// <summary>TLS and basic authentication of the real program.</summary>
public class AccessTests
{
    private const string Password = "correct horse: battery";

    [Fact]
    public async Task OnlyTheUserWithThePasswordGetsInAndHealthStaysOpen()
    {
        using AggregatorProcess aggregator = new();
        WritePassword(aggregator, Password + "\n");
        await aggregator.Start().Eventually("/healthz", (status, _) => status == HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await aggregator.Get("/readyz")).Status);
        foreach (string path in (string[])["/metrics", "/api/v1/summary", "/", "/healthz/../metrics", "/nothing"])
        {
            Assert.Equal((HttpStatusCode.Unauthorized, ""), await aggregator.Get(path));
            Assert.Equal(HttpStatusCode.Unauthorized, await Ask(aggregator, path, Basic("prometheus", "wrong")));
            Assert.NotEqual(HttpStatusCode.Unauthorized, await Ask(aggregator, path, Basic("prometheus", Password)));
        }

        string right = Convert.ToBase64String(Encoding.UTF8.GetBytes($"prometheus:{Password}"));
        foreach (string header in (string[])[Basic("Prometheus", Password), Basic("prometheus", Password + "x"), Basic("", ""), $"Bearer {right}", "Basic", "Basic %%%", right, "Basic " + new string('A', 8000)])
            Assert.Equal(HttpStatusCode.Unauthorized, await Ask(aggregator, "/metrics", header));
        Assert.Equal(HttpStatusCode.OK, await Ask(aggregator, "/metrics", "basic " + right));
    }

    [Fact]
    public async Task ANewPasswordHoldsWithoutARestartAndABadOneLeavesTheOld()
    {
        using AggregatorProcess aggregator = new();
        string file = WritePassword(aggregator, Password);
        await aggregator.Start().Eventually("/healthz", (status, _) => status == HttpStatusCode.OK);
        File.WriteAllText(file, "short");
        await Until(aggregator, async () => await Ask(aggregator, "/metrics", Basic("prometheus", Password)) == HttpStatusCode.OK
            && aggregator.Log.Contains("stays in force", StringComparison.Ordinal));
        File.WriteAllText(file, "another password");
        await Until(aggregator, async () => await Ask(aggregator, "/metrics", Basic("prometheus", "another password")) == HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.Unauthorized, await Ask(aggregator, "/metrics", Basic("prometheus", Password)));
    }

    [Fact]
    public async Task ARenewedCertificateIsShownWithoutARestart()
    {
        using AggregatorProcess aggregator = new();
        Certificates.Create(aggregator.Directory, "first.example");
        File.AppendAllText(aggregator.ConfigurationPath, Certificates.Configuration(aggregator.Directory));
        aggregator.Start();
        await Until(aggregator, async () => await Subject(aggregator) == "CN=first.example");
        Assert.Contains($"serving https://127.0.0.1:{aggregator.Port}/metrics", aggregator.Log, StringComparison.Ordinal);
        // Half a renewal: the key of another certificate.
        string key = Path.Combine(aggregator.Directory, "key.pem"), other = Directory.CreateDirectory(Path.Combine(aggregator.Directory, "other")).FullName;
        Certificates.Create(other, "second.example");
        File.Copy(Path.Combine(other, "key.pem"), key, overwrite: true);
        await Until(aggregator, async () => await Subject(aggregator) == "CN=first.example" && aggregator.Log.Contains("make no pair", StringComparison.Ordinal));
        File.Copy(Path.Combine(other, "certificate.pem"), Path.Combine(aggregator.Directory, "certificate.pem"), overwrite: true);
        await Until(aggregator, async () => await Subject(aggregator) == "CN=second.example");
    }

    [Fact]
    public void WrongFilesAreNamedWithTheRemedy()
    {
        using AggregatorProcess aggregator = new();
        string directory = aggregator.Directory, password = WritePassword(aggregator, "short\n");
        AssertRefuses(aggregator, password, "5 characters", "openssl rand");
        File.SetUnixFileMode(password, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        AssertRefuses(aggregator, password, "chmod 640");
        File.Delete(password);
        AssertRefuses(aggregator, password, "cannot read the password file");
        Certificates.Create(directory, "a.example");
        File.WriteAllText(aggregator.ConfigurationPath, Certificates.Configuration(directory));
        File.SetUnixFileMode(Path.Combine(directory, "key.pem"), (UnixFileMode)Convert.ToInt32("644", 8));
        AssertRefuses(aggregator, "key.pem", "chmod 640");
        File.SetUnixFileMode(Path.Combine(directory, "key.pem"), (UnixFileMode)Convert.ToInt32("640", 8));
        File.WriteAllText(Path.Combine(directory, "certificate.pem"), "nothing");
        AssertRefuses(aggregator, "certificate.pem", "make no pair in PEM");
        File.Delete(Path.Combine(directory, "certificate.pem"));
        AssertRefuses(aggregator, "certificate.pem", "cannot read");
    }

    [Theory]
    [InlineData("", "asks nobody who they are", true)]
    [InlineData("password", "clear text", true)]
    [InlineData("password and tls", "can be reached from elsewhere", false)]
    public async Task WhatOthersCanReachIsWarnedOf(string guards, string words, bool isWarned)
    {
        using AggregatorProcess aggregator = new();
        string directory = aggregator.Directory;
        File.WriteAllText(aggregator.ConfigurationPath, File.ReadAllText(aggregator.ConfigurationPath).Replace("127.0.0.1", "0.0.0.0", StringComparison.Ordinal));
        if (guards.Contains("password", StringComparison.Ordinal))
            WritePassword(aggregator, Password);
        if (guards.Contains("tls", StringComparison.Ordinal))
        {
            Certificates.Create(directory, "a.example");
            File.AppendAllText(aggregator.ConfigurationPath, Certificates.Configuration(directory));
        }

        aggregator.Start();
        await Until(aggregator, () => Task.FromResult(aggregator.Log.Contains(isWarned ? words : "serving http", StringComparison.Ordinal)));
        Assert.Equal(isWarned, aggregator.Log.Contains(words, StringComparison.Ordinal));
    }

    /// <summary>Writes the file, and the configuration that names it.</summary>
    internal static string WritePassword(AggregatorProcess aggregator, string password)
    {
        string file = Path.Combine(aggregator.Directory, "password");
        File.WriteAllText(file, password);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        File.AppendAllText(aggregator.ConfigurationPath, $"basic_auth:\n  user: prometheus\n  password_file: {file}\n");
        return file;
    }

    private static string Basic(string user, string password) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));

    private static async Task<HttpStatusCode> Ask(AggregatorProcess aggregator, string path, string authorization)
    {
        using HttpClient client = new();
        using HttpRequestMessage request = new(HttpMethod.Get, $"http://127.0.0.1:{aggregator.Port}{path}");
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(
            response.StatusCode == HttpStatusCode.Unauthorized ? [new AuthenticationHeaderValue("Basic", "realm=\"OppTel\", charset=\"UTF-8\"")] : [],
            response.Headers.WwwAuthenticate);
        return response.StatusCode;
    }

    private static async Task<string?> Subject(AggregatorProcess aggregator)
    {
        try
        {
            using TcpClient client = new();
            await client.ConnectAsync(IPAddress.Loopback, aggregator.Port);
            await using SslStream stream = new(client.GetStream(), false, (_, certificate, _, _) => certificate is not null);
            await stream.AuthenticateAsClientAsync("any");
            using X509Certificate2 shown = new(stream.RemoteCertificate!);
            return shown.Subject;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private static async Task Until(AggregatorProcess aggregator, Func<Task<bool>> isSo)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(30); await Task.Delay(100))
        {
            if (await isSo())
                return;
        }

        Assert.Fail(aggregator.Log);
    }

    private static void AssertRefuses(AggregatorProcess aggregator, params string[] words)
    {
        foreach (string command in (string[])["check-config", "run"])
        {
            (int code, string output, string error) = AggregatorProcess.Run(command, "--config", aggregator.ConfigurationPath);
            Assert.Equal((ExitCode.Configuration, ""), (code, output));
            Assert.All(words, word => Assert.Contains(word, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal));
        }
    }
}
