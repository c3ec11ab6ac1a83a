using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OppTel.Triggers.Actions;
using OppTel.Triggers.Conditions;
using OppTel.Triggers.Rules;

namespace OppTel.Triggers.Tests;

/// <summary>Webhooks to a real server: one that takes them, one that fails, one that hangs, one that nobody trusts.</summary>
public sealed class WebhookTests : IAsyncDisposable
{
    private readonly List<(string Type, JsonElement Body)> received = [];
    private readonly List<IAsyncDisposable> owned = [];
    private int requests;

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable resource in owned)
            await resource.DisposeAsync();
    }

    [Fact]
    public async Task WhatHappenedArrives()
    {
        string url = await Serve(_ => 204);
        await Run(url);
        (string type, JsonElement body) = Assert.Single(received);
        Assert.Equal("application/json", type);
        Assert.Equal(
            """{"trigger":"a \u0022name\u0022","time":12.5,"host":"web-17","metric":"queue","value":9,"labels":{"cpu":"3"}}""",
            JsonSerializer.Serialize(body));
    }

    [Fact]
    public async Task AServerThatFailsForAWhileGetsItInTheEnd()
    {
        string url = await Serve(request => request < WebhookAction.Attempts ? 503 : 200);
        await Run(url);
        Assert.Equal(WebhookAction.Attempts, requests);
    }

    [Fact]
    public async Task AServerThatFailsForGoodIsGivenUp()
    {
        string url = await Serve(_ => 500);
        Assert.EndsWith($": answered 500 at each of {WebhookAction.Attempts} attempts", await Fails(url), StringComparison.Ordinal);
        Assert.Equal(WebhookAction.Attempts, requests);
    }

    /// <summary>A wrong address does not become right; nor does the message tell its path, which can be a secret.</summary>
    [Theory]
    [InlineData(404)]
    [InlineData(302)]
    public async Task ARefusalIsFinal(int status)
    {
        string url = await Serve(_ => status);
        Assert.Equal($"{url.Replace("/secret", "", StringComparison.Ordinal)}: answered {status}", await Fails(url));
        Assert.Equal(1, requests);
    }

    [Fact]
    public async Task AServerThatHangsIsGivenUp()
    {
        string url = await Serve(_ => 0);
        Assert.Contains("no answer within 0.05 s at each of", await Fails(url, TimeSpan.FromMilliseconds(50)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task NobodyListens() =>
        Assert.Contains("http://127.0.0.1:1: ", await Fails("http://127.0.0.1:1/secret"), StringComparison.Ordinal);

    [Fact]
    public async Task AServerThatNobodyTrustsGetsNothing()
    {
        using RSA key = RSA.Create(2048);
        using X509Certificate2 certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        string url = await Serve(_ => 200, listen => listen.UseHttps(certificate));
        Assert.Contains("certificate", await Fails(url.Replace("http://127.0.0.1", "https://localhost", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Empty(received);
    }

    /// <summary>A lane whose server hangs drops what its queue does not take, and counts; it ends when told.</summary>
    [Fact]
    public async Task AQueueThatIsFullIsCounted()
    {
        string url = await Serve(_ => 0);
        List<string> errors = [];
        using WebhookAction action = new(new WebhookRule(new Uri(url), TimeSpan.FromMinutes(1)), TimeSpan.Zero);
        await using (ActionLane lane = new(action, errors.Add))
        {
            for (int post = 0; post < 20; post++)
                lane.Post(Happened);
            Assert.InRange(lane.Dropped, 11ul, 12ul);
            Assert.Equal((0ul, 0ul, null), (lane.Done, lane.Failed, lane.LastError));
        }

        Assert.Empty(errors);
    }

    [Fact]
    public async Task AFailureIsCountedAndSaid()
    {
        string url = await Serve(request => request == 1 ? 400 : 200);
        TaskCompletionSource<string> error = new();
        using WebhookAction action = new(new WebhookRule(new Uri(url), TimeSpan.FromMinutes(1)), TimeSpan.Zero);
        await using ActionLane lane = new(action, error.SetResult);
        lane.Post(Happened);
        Assert.EndsWith(": answered 400", await error.Task, StringComparison.Ordinal);
        Assert.Equal((1ul, await error.Task), (lane.Failed, lane.LastError));
        lane.Post(Happened);
        while (lane.Done == 0)
            await Task.Delay(5, TestContext.Current.CancellationToken);
    }

    /// <summary>What an action does not foresee is a failure like any other: the lane tells it, and goes on.</summary>
    [Fact]
    public async Task ALaneOutlivesWhatItsActionDoesNotForesee()
    {
        List<string> errors = [];
        Unforeseen action = new([new InvalidOperationException("odd"), new OperationCanceledException("of something else")]);
        await using ActionLane lane = new(action, errors.Add);
        for (int post = 0; post < 3; post++)
            lane.Post(Happened);
        for (Stopwatch watch = Stopwatch.StartNew(); lane.Done == 0; await Task.Delay(5, TestContext.Current.CancellationToken))
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), "the lane is dead");
        Assert.Equal(["InvalidOperationException: odd", "OperationCanceledException: of something else"], errors);
        Assert.Equal((2ul, errors[1]), (lane.Failed, lane.LastError));
    }

    private static TriggerEvent Happened => new("a \"name\"", new Firing(0, 1, "web-17", "queue", 9, [new("cpu", "3")]), 12.5);

    private static async Task Run(string url, TimeSpan? timeout = null)
    {
        using WebhookAction action = new(new WebhookRule(new Uri(url), timeout ?? TimeSpan.FromSeconds(20)), TimeSpan.FromMilliseconds(1));
        await action.Run(Happened, TestContext.Current.CancellationToken);
    }

    private static async Task<string> Fails(string url, TimeSpan? timeout = null) =>
        (await Assert.ThrowsAsync<TriggerActionException>(() => Run(url, timeout))).Message;

    /// <summary>Answers requests, counted from 1, with the status that is given for them; 0: never.</summary>
    private async Task<string> Serve(Func<int, int> status, Action<ListenOptions>? configure = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0, configure ?? (_ => { })));
        if (configure is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        WebApplication app = builder.Build();
        app.Run(context => Answer(context, status));
        await app.StartAsync(TestContext.Current.CancellationToken);
        owned.Add(app);
        return $"http://127.0.0.1:{new Uri(app.Urls.First()).Port}/secret";
    }

    private async Task Answer(HttpContext context, Func<int, int> status)
    {
        int code = status(Interlocked.Increment(ref requests));
        using JsonDocument body = await JsonDocument.ParseAsync(context.Request.Body);
        received.Add((context.Request.ContentType ?? "", body.RootElement.Clone()));
        if (code == 0)
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        context.Response.StatusCode = code == 0 ? 500 : code;
        context.Response.Headers.Location = "http://127.0.0.1:1/";
    }

    /// <summary>Fails with one exception after the other, then works.</summary>
    private sealed class Unforeseen(IEnumerable<Exception> exceptions) : ITriggerAction
    {
        private readonly Queue<Exception> left = new(exceptions);

        public string Kind => "unforeseen";

        public Task Run(TriggerEvent happened, CancellationToken cancellation) =>
            left.TryDequeue(out Exception? exception) ? Task.FromException(exception) : Task.CompletedTask;
    }
}
