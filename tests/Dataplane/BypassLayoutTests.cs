using OppTel.Bpf;
using OppTel.Worker;

namespace OppTel.Dataplane.Tests;

public class BypassLayoutTests
{
    [Fact]
    public void TheBypassIsAsItsViewsSay()
    {
        using BpfObject bypass = BpfObject.Open(Path.Combine(AppContext.BaseDirectory, "lib", "bpf", "bypass.bpf.o"));
        List<string> differences = [];
        LayoutCheck.Compare("opptel_bypass_counts", SharedViews.View<BypassCounts>(), bypass.Btf().Structure("opptel_bypass_counts"), differences);
        LayoutCheck.Compare("opptel_bypass_route", SharedViews.View<BypassRoute>(), bypass.Btf().Structure("opptel_bypass_route"), differences);
        LayoutCheck.Compare("opptel_bypass_watch", SharedViews.View<BypassWatch>(), bypass.Btf().Structure("opptel_bypass_watch"), differences);
        Assert.Empty(differences);
    }
}
