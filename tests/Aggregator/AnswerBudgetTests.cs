using OppTel.Aggregator.Web;

namespace OppTel.Aggregator.Tests;

public class AnswerBudgetTests
{
    [Fact]
    public void LargeAnswersThatNobodyReadsLeaveRoomForSmallOnesOnly()
    {
        AnswerBudget budget = new(100);
        using (budget.Take(60))
        {
            AnswerShare large = budget.Take(39);
            Assert.Equal(503, Assert.Throws<RequestException>(() => budget.Take(2)).Status);
            budget.Take(1).Dispose();
            large.Shrink(9);
            using AnswerShare another = budget.Take(31);
            Assert.Throws<RequestException>(() => budget.Take(1));
            large.Dispose();
            budget.Take(9).Dispose();
        }

        budget.Take(100).Dispose();
        Assert.Throws<RequestException>(() => budget.Take(101));
    }
}
