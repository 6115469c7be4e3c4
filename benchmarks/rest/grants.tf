# The grants of grants.json by the generic REST provider: one object for each.

terraform {
  required_providers {
    restapi = {
      source = "Mastercard/restapi"
    }
  }
}

variable "endpoint" {
  type = string
}

variable "token" {
  type      = string
  sensitive = true
}

variable "retries" {
  type = number
}

provider "restapi" {
  uri                  = var.endpoint
  bearer_token         = var.token
  write_returns_object = true
  id_attribute         = "userId"

  retries {
    max_retries = var.retries
  }
}

resource "restapi_object" "grant" {
  for_each = jsondecode(file("${path.module}/grants.json"))

  path         = each.value.path
  create_path  = each.value.path
  read_path    = each.value.path
  update_path  = each.value.path
  destroy_path = each.value.path

  data = jsonencode({
    workspaceId = each.value.workspaceId
    userId      = each.value.userId
    permissions = each.value.permissions
  })
}
