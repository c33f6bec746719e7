"""家庭医生: who has a contract, who wishes one, which end; each one's plan with its visits, by village."""
